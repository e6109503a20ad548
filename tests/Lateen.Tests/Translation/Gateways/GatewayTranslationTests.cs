using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Gateways;

public sealed class GatewayTranslationTests
{
    private static readonly ProxyNode Router = Sidecar() with
    {
        Type = ProxyType.Router,
        Labels = Labels(("istio", "ingressgateway")),
    };

    private static readonly VirtualServiceConfig Bound = new()
    {
        Meta = Meta("VirtualService", "web"),
        Hosts = ["web.example.com"],
        Gateways = ["gw"],
        Http = [new HttpRoute { Route = [new(new Destination("web", Port: 80))] }],
    };

    [Fact]
    public void HttpServer_WithBoundVirtualService_ListensAndRoutes()
    {
        var snapshot = Snapshot(Gateway(new GatewayServer { Port = new(80, "HTTP", "http"), Hosts = ["*.example.com"] }), Bound);

        Listeners(snapshot).ShouldBe(["0.0.0.0_80"]);
        var host = Route(snapshot, "http.80").VirtualHosts.ShouldHaveSingleItem();
        host.Name.ShouldBe("web.example.com:80");
        host.Routes.Single().Route_.Cluster.ShouldBe("outbound|80||web.default.svc.cluster.local");
    }

    [Fact]
    public void HttpServer_WithoutVirtualService_AnswersNothing() =>
        Route(Snapshot(Gateway(new GatewayServer { Port = new(80, "HTTP", "http"), Hosts = ["*"] })), "http.80")
            .VirtualHosts.ShouldHaveSingleItem().Name.ShouldBe("blackhole:80");

    [Fact]
    public void Server_OfOtherProtocolOnATakenPort_IsReportedAndLeftOut()
    {
        var snapshot = Snapshot(Gateway(
            new GatewayServer { Port = new(80, "HTTP", "http"), Hosts = ["*"] },
            new GatewayServer { Port = new(80, "TCP", "tcp"), Hosts = ["*"] }));
        var result = ProxyTranslator.Translate(new(snapshot, Router, TypeUrls.Listener, []));

        result.Resources.Count.ShouldBe(1);
        result.Problems.ShouldHaveSingleItem().FieldPath.ShouldBe("spec.servers[1]");
    }

    [Fact]
    public void Gateway_WhoseSelectorDoesNotMatch_GivesNoListener()
    {
        var gateway = Gateway(new GatewayServer { Port = new(80, "HTTP", "http"), Hosts = ["*"] });

        Listeners(Snapshot(gateway with { Selector = Labels(("istio", "other")) })).ShouldBeEmpty();
    }

    private static GatewayConfig Gateway(params GatewayServer[] servers) => new()
    {
        Meta = Meta("Gateway", "gw"),
        Selector = Labels(("istio", "ingressgateway")),
        Servers = servers,
    };

    private static MeshSnapshot Snapshot(params IIstioConfig[] configs) => MeshSnapshot.Build(new()
    {
        Services = [Service("web", "10.96.0.10", ("http", 80, Protocol.Http))],
        Configs = configs,
    });

    private static List<string> Listeners(MeshSnapshot snapshot) =>
        [.. ProxyTranslator.Translate(new(snapshot, Router, TypeUrls.Listener, [])).Resources.Select(r => r.Resource.Unpack<Listener>().Name)];

    private static RouteConfiguration Route(MeshSnapshot snapshot, string name) =>
        ProxyTranslator.Translate(new(snapshot, Router, TypeUrls.RouteConfiguration, [name])).Resources.Single().Resource.Unpack<RouteConfiguration>();
}
