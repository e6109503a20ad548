using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Lateen.Grpc.Client;
using Lateen.Xds;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>A proxy that refuses what it is told: the object behind it says so until the proxy accepts again.</summary>
public sealed class RefusalTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_RefusedThenAccepted_StatusOfItsDestinationRuleFollows()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], selector: {app: web}, ports: [{name: http, port: 80}]}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: DestinationRule
            metadata: {name: web, namespace: default}
            spec: {host: web, trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}}
            """,
            Cancellation);
        await ConditionAsync(bed, "True", "Accepted");
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://{bed.AddressOf(ServerPort.Xds)}") });
        await using var call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest
        {
            TypeUrl = TypeUrls.Cluster, Node = new Node { Id = "sidecar~10.1.0.1~client.default~default.svc.cluster.local" },
        });
        var (_, response) = await call.ReadAsync();
        await call.WriteAsync(new DiscoveryRequest
        {
            TypeUrl = TypeUrls.Cluster,
            ResponseNonce = response.Nonce,
            ErrorDetail = new Google.Rpc.Status { Code = 13, Message = "outbound|80||web.default.svc.cluster.local: no such thing" },
        });

        var message = await ConditionAsync(bed, "False", "Refused");
        message.ShouldContain("refused by 1 proxy");
        message.ShouldContain("client.default-");
        message.ShouldContain("no such thing");
        (await bed.PageAsync("/metrics", Cancellation)).ShouldContain("pilot_total_xds_rejects{type=\"cds\"} 1");

        await bed.Client.PatchAsync(
            ResourceTypes.DestinationRules,
            new ObjectKey("default", "web"),
            PatchKind.Merge,
            (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse("""{"spec":{"trafficPolicy":{"connectionPool":{"tcp":{"maxConnections":8}}}}}""")!,
            Cancellation);
        (_, response) = await call.ReadAsync();
        await call.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Cluster, ResponseNonce = response.Nonce, VersionInfo = response.VersionInfo });
        await ConditionAsync(bed, "True", "Accepted");
    }

    private static async Task<string> ConditionAsync(ControlPlaneBed bed, string status, string reason)
    {
        System.Text.Json.Nodes.JsonObject? stored = null;
        await ControlPlaneBed.UntilAsync(
            async () =>
            {
                stored = await bed.Client.GetAsync(ResourceTypes.DestinationRules, "default", "web", Cancellation);
                var condition = stored["status"].Items("conditions").FirstOrDefault();
                return condition?.Text("status") == status && condition.Text("reason") == reason;
            },
            () => stored?.ToJsonString() ?? "nothing",
            Cancellation);
        return stored!["status"].Items("conditions").First().Text("message");
    }
}
