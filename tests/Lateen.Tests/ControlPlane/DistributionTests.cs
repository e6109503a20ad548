using System.Text.Json.Nodes;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Lateen.ControlPlane.Status;
using Lateen.Grpc.Client;
using Lateen.Xds;
using Shouldly;
using Xunit;
using ResourceName = Lateen.Config.ResourceName;

namespace Lateen.Tests.ControlPlane;

/// <summary>The status of a resource says how many proxies have it, and what no proxy can be told of it.</summary>
public sealed class DistributionTests
{
    private const string Service =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: default}
        spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], selector: {app: web}, ports: [{name: http, port: 80}]}
        """;

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(5, 2)]
    [InlineData(6, 1)]
    [InlineData(3, 4)]
    [InlineData(-1, 5)]
    [InlineData(7, 0)]
    public void Marks_CountThoseThatAreThereOrFurther(long since, int applied) =>
        new AppliedMarks([5, -1, 6, 3, 3]).Since(since).ShouldBe(new DistributionCount(applied, 5));

    [Fact]
    public async Task Rule_OneProxyThatDoesNotAnswer_IsCountedUntilItDoes()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Service, Cancellation);
        using var channel = ChannelTo(bed.AddressOf(ServerPort.Xds));
        await using var call = await AskForClustersAsync(channel);
        var (_, first) = await call.ReadAsync();
        await AcknowledgeAsync(call, first);

        await MustCountAsync(bed, call);
    }

    [Fact]
    public async Task Rule_ProxyOfAnotherReplica_IsCountedByTheOneThatWrites()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.Client.FindAsync(ResourceTypes.Leases, "istio-system", "istio-leader", Cancellation)) is not null, () => "nobody leads", Cancellation);
        await bed.ApplyAsync(Service, Cancellation);
        await using var other = await Replica.StartAsync(bed.Options with { PodName = "istiod-other" }, Cancellation);
        using var channel = ChannelTo(other.AddressOf(ServerPort.Xds));
        await using var call = await AskForClustersAsync(channel);
        var (_, first) = await call.ReadAsync();
        await AcknowledgeAsync(call, first);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.Client.FindAsync(ResourceTypes.ConfigMaps, "istio-system", "istiod-other-distribution", Cancellation))
                .Text("data", "report").Contains("\"proxies\":1", StringComparison.Ordinal),
            () => "no report of one proxy",
            Cancellation);

        await MustCountAsync(bed, call);
    }

    [Theory]
    [InlineData("VirtualService", "a", 7, 5)]
    [InlineData("VirtualService", "slow", 7, 2)]
    [InlineData("VirtualService", "a", 8, 0)]
    [InlineData("Gateway", "a", 1, 0)]
    public void Report_ReadBack_CountsWhatTheReplicaHasSeenAndWhoIsBehind(string kind, string name, int version, int applied)
    {
        var report = DistributionReport.Empty with
        {
            Proxies = 5,
            Seen = DistributionReport.Empty.Seen.Add("VirtualService", 7),
            Behind = DistributionReport.Empty.Behind.Add("VirtualService/shop/slow", 2),
        };
        DistributionReport.Parse(report.ToText()).Of(new ResourceName(kind, "shop", name), (ulong)version).ShouldBe(new DistributionCount(applied, 5));
    }

    [Fact]
    public void Report_ConfigMapWithoutOne_CountsForNothing()
    {
        var reports = new ReplicaReports("lateend-0", TimeProvider.System);
        reports.Reset([ReplicaReports.Read((JsonObject)JsonNode.Parse("""{"metadata":{"name":"istio-ca-root-cert","namespace":"istio-system"},"data":{"root-cert.pem":"x"}}""")!)]);
        reports.Of(new ResourceName("VirtualService", "default", "a"), 1).ShouldBe(new DistributionCount(0, 0));
    }

    [Fact]
    public void Report_NotWhole_ClaimsNothingOfWhatItDoesNotList() =>
        (DistributionReport.Empty with { Proxies = 5, Seen = DistributionReport.Empty.Seen.Add("Gateway", 7), IsWhole = false })
            .Of(new ResourceName("Gateway", "shop", "a"), 7).ShouldBe(new DistributionCount(0, 5));

    [Fact]
    public async Task EnvoyFilter_WithAFieldThatEnvoyDoesNotHave_SaysSoAtItsPath()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: odd, namespace: default}
            spec:
              configPatches:
              - applyTo: CLUSTER
                match: {context: SIDECAR_OUTBOUND}
                patch: {operation: MERGE, value: {no_such_field: 1}}
            """,
            Cancellation);
        await ConditionAsync(bed, ResourceTypes.EnvoyFilters, "True", "Accepted");
        using var channel = ChannelTo(bed.AddressOf(ServerPort.Xds));
        await using var call = await AskForClustersAsync(channel);
        await call.ReadAsync();

        (await ConditionAsync(bed, ResourceTypes.EnvoyFilters, "False", "NotHonoured")).ShouldContain("spec.configPatches[0]");
    }

    private static GrpcChannel ChannelTo(System.Net.IPEndPoint address) => new(new GrpcChannelOptions { Address = new Uri($"http://{address}") });

    /// <summary>A sidecar's stream that has asked for clusters.</summary>
    private static async Task<GrpcCall<DiscoveryRequest, DiscoveryResponse>> AskForClustersAsync(GrpcChannel channel)
    {
        var call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest
        {
            TypeUrl = TypeUrls.Cluster, Node = new Node { Id = "sidecar~10.1.0.1~client.default~default.svc.cluster.local" },
        });
        return call;
    }

    /// <summary>Applies a rule: the stream's proxy is counted as behind until it acknowledges, and as one that has it from then on.</summary>
    private static async Task MustCountAsync(ControlPlaneBed bed, GrpcCall<DiscoveryRequest, DiscoveryResponse> call)
    {
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: DestinationRule
            metadata: {name: web, namespace: default}
            spec: {host: web, trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}}
            """,
            Cancellation);
        var (_, response) = await call.ReadAsync();
        (await ConditionAsync(bed, ResourceTypes.DestinationRules, "False", "Distributing")).ShouldEndWith("applied to 0 of 1 proxies");

        // The Service may have been pushed by itself: every response is acknowledged from now on, the last one counts.
        var acknowledging = AcknowledgeAllAsync(call, response);
        (await ConditionAsync(bed, ResourceTypes.DestinationRules, "True", "Accepted")).ShouldEndWith("applied to 1 of 1 proxies");
        acknowledging.IsCompleted.ShouldBeFalse("the stream must have stood all the time");
    }

    private static async Task AcknowledgeAllAsync(GrpcCall<DiscoveryRequest, DiscoveryResponse> call, DiscoveryResponse? response)
    {
        for (; response is not null; (_, response) = await call.ReadAsync())
        {
            await AcknowledgeAsync(call, response);
        }
    }

    private static ValueTask AcknowledgeAsync(GrpcCall<DiscoveryRequest, DiscoveryResponse> call, DiscoveryResponse response) =>
        call.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Cluster, ResponseNonce = response.Nonce, VersionInfo = response.VersionInfo });

    private static async Task<string> ConditionAsync(ControlPlaneBed bed, ResourceType type, string status, string reason)
    {
        System.Text.Json.Nodes.JsonNode? condition = null;
        await ControlPlaneBed.UntilAsync(
            async () =>
            {
                var stored = (await bed.Client.ListAsync(type, new ObjectSelector("default"), Cancellation)).Items;
                condition = stored.Count > 0 ? stored[0]["status"].Items("conditions").FirstOrDefault() : null;
                return condition?.Text("status") == status && condition.Text("reason") == reason;
            },
            () => condition?.ToJsonString() ?? "nothing",
            Cancellation);
        return condition.Text("message");
    }
}
