using System.Text.Json.Nodes;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Envoy.Service.Status.V3;
using Lateen.Api;
using Lateen.ControlPlane.Http;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Xds;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>The debug pages over xDS: what istioctl's experimental proxy-status and internal-debug ask for.</summary>
public sealed class DebugDiscoveryTests
{
    private const string Reader = "sidecar~127.0.0.1~reader.istio-system~istio-system.svc.cluster.local";

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_AreTheSameOverXds_ForTheSystemNamespace()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local");
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);

        var page = await AskAsync(bed, "istio-system", Reader, TypeUrls.Debug, "syncz");

        ((JsonArray)JsonNode.Parse(page.Value.ToStringUtf8())!).Select(entry => (string?)entry!["proxy"]).ShouldBe(["client.default"]);
    }

    [Fact]
    public async Task Synchronization_TellsTheStateOfEachType()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local");
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.PageAsync("/debug/syncz", Cancellation)).Contains("cluster_acked", StringComparison.Ordinal), () => "no ACK", Cancellation);

        var client = ClientConfig.Parser.ParseFrom((await AskAsync(bed, "istio-system", Reader, TypeUrls.Debug + "/syncz")).Value);

        client.Node.Id.ShouldBe("client.default");
        client.GenericXdsConfigs.Single(type => type.TypeUrl == TypeUrls.Cluster).ConfigStatus.ShouldBe(ConfigStatus.Synced);
        client.GenericXdsConfigs.Single(type => type.TypeUrl == TypeUrls.Listener).ConfigStatus.ShouldBe(ConfigStatus.NotSent);
    }

    [Theory]
    [InlineData("other", "syncz", GrpcStatusCode.PermissionDenied)]
    [InlineData("other", "config_dump?proxyID=client.default", GrpcStatusCode.PermissionDenied)]
    [InlineData("default", "mesh", GrpcStatusCode.PermissionDenied)]
    [InlineData("istio-system", "nothing", GrpcStatusCode.InvalidArgument)]
    public async Task Pages_AreRefused_ToWhoMayNotReadThem(string ns, string page, GrpcStatusCode status)
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        if (ns == "other")
        {
            await bed.ApplyAsync("{apiVersion: v1, kind: Namespace, metadata: {name: other}}", Cancellation);
        }

        var node = $"sidecar~127.0.0.1~reader.{ns}~{ns}.svc.cluster.local";
        (await Should.ThrowAsync<GrpcException>(() => AskAsync(bed, ns, node, TypeUrls.Debug, page))).Code.ShouldBe(status);
    }

    [Fact]
    public async Task Pages_AreRefused_OnThePlaintextPort()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://{bed.AddressOf(ServerPort.Xds)}") });
        await using var call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Debug, ResourceNames = { "syncz" }, Node = new Node { Id = Reader } });

        (await Should.ThrowAsync<GrpcException>(async () => await call.ReadAsync())).Code.ShouldBe(GrpcStatusCode.Unauthenticated);
    }

    private static async Task<Google.Protobuf.WellKnownTypes.Any> AskAsync(ControlPlaneBed bed, string ns, string node, string typeUrl, params string[] names)
    {
        var root = await bed.RootAsync(Cancellation);
        var token = await bed.TokenAsync(ns, "default", "istio-ca", Cancellation);
        using var channel = new GrpcChannel(new GrpcChannelOptions
        {
            Address = new Uri($"https://localhost:{bed.AddressOf(ServerPort.SecureXds).Port}"),
            TrustedRoots = () => [System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(root)],
        });
        await using var call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(Metadata: [KeyValuePair.Create("authorization", $"Bearer {token}")]), Cancellation);
        await call.WriteAsync(new DiscoveryRequest { TypeUrl = typeUrl, ResourceNames = { names }, Node = new Node { Id = node } });
        var (_, response) = await call.ReadAsync();
        return response.Resources.ShouldHaveSingleItem();
    }
}
