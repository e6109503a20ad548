using System.Text.Json.Nodes;
using Envoy.Config.Route.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>A Kubernetes Ingress: the ingress gateway serves it, and it says where.</summary>
public sealed class IngressTests
{
    private const string Objects = """
        apiVersion: v1
        kind: Service
        metadata: {name: istio-ingressgateway, namespace: istio-system}
        spec: {externalIPs: [203.0.113.7], ports: [{name: http2, port: 80, targetPort: 8080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: shop, namespace: default}
        spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: mesh}
        spec: {controller: istio.io/ingress-controller}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: shop, namespace: default}
        spec:
          ingressClassName: mesh
          rules:
          - host: shop.example.com
            http: {paths: [{path: /cart, pathType: Prefix, backend: {service: {name: shop, port: {name: http}}}}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: other, namespace: default}
        spec:
          ingressClassName: somebody-elses
          rules:
          - host: other.example.com
            http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
        """;

    [Fact]
    public async Task Ingress_OfOurClass_IsRoutedByTheGatewayAndSaysWhere()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var bed = await ControlPlaneBed.StartAsync(cancellation);
        await bed.ApplyAsync(Objects, cancellation);

        JsonObject? stored = null;
        await ControlPlaneBed.UntilAsync(
            async () => (stored = await bed.Client.GetAsync(ResourceTypes.Ingresses, "default", "shop", cancellation))
                .Items("status", "loadBalancer", "ingress").Any(i => i.Text("ip") == "203.0.113.7"),
            () => stored?.ToJsonString() ?? "nothing",
            cancellation);
        using var gateway = new TestProxy(bed.AddressOf(ServerPort.Xds), "router~10.1.0.1~gw.istio-system~istio-system.svc.cluster.local", labels: ("istio", "ingressgateway"));
        (await gateway.AskAsync(TypeUrls.Listener, [], cancellation)).Keys.ShouldBe(["0.0.0.0_80"]);
        var answer = await gateway.AskAsync(TypeUrls.RouteConfiguration, ["http.80"], cancellation);
        var route = RouteConfiguration.Parser.ParseFrom(answer["http.80"]).VirtualHosts.ShouldHaveSingleItem();

        route.Domains.ShouldBe(["shop.example.com"]);
        route.Routes[0].Match.PathSeparatedPrefix.ShouldBe("/cart");
        route.Routes[0].Route_.Cluster.ShouldBe("outbound|80||shop.default.svc.cluster.local");
        (await bed.Client.GetAsync(ResourceTypes.Ingresses, "default", "other", cancellation)).Items("status", "loadBalancer", "ingress").ShouldBeEmpty();
    }
}
