using System.Text.Json.Nodes;
using Envoy.Config.Route.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>Objects of the Gateway API at an API server: the named gateway serves them, and they say what became of them.</summary>
public sealed class GatewayApiTests
{
    private const string Objects = """
        apiVersion: v1
        kind: Service
        metadata: {name: ingress, namespace: istio-system}
        spec: {externalIPs: [203.0.113.7], ports: [{name: http2, port: 80, targetPort: 8080}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: ingress-1, namespace: istio-system, labels: {kubernetes.io/service-name: ingress}}
        addressType: IPv4
        ports: [{name: http2, port: 8080, protocol: TCP}]
        endpoints: [{addresses: [10.1.0.1], conditions: {ready: true}}]
        ---
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: Gateway
        metadata: {name: gw, namespace: istio-system}
        spec:
          gatewayClassName: istio
          addresses: [{type: Hostname, value: ingress}]
          listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
        ---
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: Gateway
        metadata: {name: managed, namespace: istio-system}
        spec:
          gatewayClassName: istio
          listeners: [{name: web, port: 80, protocol: HTTP}]
        ---
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: HTTPRoute
        metadata: {name: shop, namespace: default}
        spec:
          parentRefs: [{name: gw, namespace: istio-system}]
          hostnames: [shop.example.com]
          rules:
          - matches: [{path: {value: /cart}}]
            backendRefs: [{name: shop, port: 80}]
        """;

    [Fact]
    public async Task Objects_AreServedByTheNamedGatewayAndSayWhatBecameOfThem()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var bed = await ControlPlaneBed.StartWithGatewayApiAsync(cancellation);
        await bed.ApplyAsync(Objects, cancellation);

        JsonObject? stored = null;
        await ControlPlaneBed.UntilAsync(
            async () => (stored = await bed.Client.GetAsync(ResourceTypes.KubernetesGateways, "istio-system", "gw", cancellation))
                .Items("status", "listeners").Any(listener => listener.Number("attachedRoutes") == 1)
                && Condition(stored, "Programmed").Text("message") == "Resource programmed, assigned to service(s) ingress.istio-system.svc.cluster.local:80",
            () => stored?.ToJsonString() ?? "nothing",
            cancellation);
        stored!.Items("status", "addresses").Single().Text("value").ShouldBe("203.0.113.7");

        await ControlPlaneBed.UntilAsync(
            async () => (stored = await bed.Client.GetAsync(ResourceTypes.KubernetesGateways, "istio-system", "managed", cancellation)).At("status", "conditions") is not null,
            () => stored?.ToJsonString() ?? "nothing",
            cancellation);
        Condition(stored!, "Programmed").Text("message").ShouldContain("hostname \"managed-istio.istio-system.svc.cluster.local\" not found (gateways are not deployed by this control plane");

        await ControlPlaneBed.UntilAsync(
            async () => (stored = await bed.Client.GetAsync(ResourceTypes.HttpRoutes, "default", "shop", cancellation)).Items("status", "parents").Any(),
            () => stored?.ToJsonString() ?? "nothing",
            cancellation);
        var conditions = stored!.Items("status", "parents").Single().Items("conditions").ToDictionary(condition => condition.Text("type"), condition => condition.Text("reason"));
        conditions.ShouldBe(new Dictionary<string, string> { ["Accepted"] = "Accepted", ["ResolvedRefs"] = "BackendNotFound" }, ignoreOrder: true);

        using var gateway = new TestProxy(bed.AddressOf(ServerPort.Xds), "router~10.1.0.1~gw.istio-system~istio-system.svc.cluster.local");
        (await gateway.AskAsync(TypeUrls.Listener, [], cancellation)).Keys.ShouldBe(["0.0.0.0_8080"]);
        var answer = await gateway.AskAsync(TypeUrls.RouteConfiguration, ["http.8080"], cancellation);
        var host = RouteConfiguration.Parser.ParseFrom(answer["http.8080"]).VirtualHosts.ShouldHaveSingleItem();
        host.Domains.ShouldBe(["shop.example.com"]);
        host.Routes[0].Match.PathSeparatedPrefix.ShouldBe("/cart");
        host.Routes[0].Route_.ClusterNotFoundResponseCode.ShouldBe(RouteAction.Types.ClusterNotFoundResponseCode.InternalServerError);
    }

    private static JsonObject Condition(JsonObject stored, string type) =>
        stored.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type) ?? [];
}
