using System.Net;
using System.Text.Json.Nodes;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Http;
using Lateen.Grpc.Client;
using Lateen.Xds;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>Debug pages and metrics of 15014 that people and dashboards of Istio ask for.</summary>
public sealed class DebugPageTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_ShowAConnectedProxyAndTheMesh()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ports: [{name: http, port: 80}]}
            """,
            Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.PageAsync("/debug/registryz", Cancellation)).Contains("web.default", StringComparison.Ordinal), () => "no service", Cancellation);
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://{bed.AddressOf(ServerPort.Xds)}") });
        await using var call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest
        {
            TypeUrl = TypeUrls.ClusterLoadAssignment,
            ResourceNames = { "outbound|80||web.default.svc.cluster.local" },
            Node = new Node { Id = "sidecar~10.1.0.1~client.default~default.svc.cluster.local" },
        });
        await call.ReadAsync();

        var edsz = (JsonArray)JsonNode.Parse(await bed.PageAsync("/debug/edsz?proxyID=client.default", Cancellation))!;
        edsz.Select(assignment => (string?)assignment!["clusterName"]).ShouldBe(["outbound|80||web.default.svc.cluster.local"]);
        JsonNode.Parse(await bed.PageAsync("/debug/endpointShardz", Cancellation))!["web.default.svc.cluster.local"]!["default"]!["Shards"].ShouldNotBeNull();
        JsonNode.Parse(await bed.PageAsync("/debug/push_status", Cancellation))!["ProxyStatus"].ShouldNotBeNull();
        ((string?)JsonNode.Parse(await bed.PageAsync("/debug/clusterz", Cancellation))![0]!["id"]).ShouldBe("Kubernetes");
        (await bed.PageAsync("/metrics", Cancellation)).ShouldContain("pilot_xds_push_time_count{type=\"eds\"} 1");
        foreach (var page in ((JsonArray)JsonNode.Parse(await bed.PageAsync("/debug/list", Cancellation))!).Select(page => (string)page!))
        {
            (await bed.PageAsync($"/debug/{(page.EndsWith('=') ? page + "client.default" : page)}", Cancellation)).ShouldNotBeEmpty(page);
        }
    }

    [Fact]
    public async Task Page_OfAProxyThatIsNotConnected_SaysSo()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);

        var error = await Should.ThrowAsync<HttpRequestException>(() => bed.PageAsync("/debug/ndsz?proxyID=nobody.default", Cancellation));
        error.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public void Counters_AreZeroUntilTheyCount()
    {
        var counters = new EventCounters();
        counters.Count(EventCounters.ValidationFailed, "resource=\"Gateway\"");
        counters.Count(EventCounters.ValidationFailed, "resource=\"Gateway\"");

        counters.Render().ShouldContain("galley_validation_failed{resource=\"Gateway\"} 2\n");
        counters.Render().ShouldContain("citadel_server_csr_count 0\n");
    }
}
