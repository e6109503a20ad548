using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Model.Workloads;
using Lateen.Tests.Proxy;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Listeners;

/// <summary>What stands before the proxy of a connection, and in which order.</summary>
public sealed class NetworkFilterTests
{
    private const string TcpProxyName = "envoy.filters.network.tcp_proxy";
    private const string HttpManagerName = "envoy.filters.network.http_connection_manager";

    private static readonly AuthorizationPolicyConfig DenyAll = new() { Meta = Meta("AuthorizationPolicy", "none") };

    private static readonly DefaultProviders Metrics = new() { Metrics = ["prometheus"] };

    private static readonly ProxyNode Router = Sidecar() with { Type = ProxyType.Router, Labels = Labels(("istio", "ingressgateway")) };

    [Theory]
    [InlineData(ServerTlsMode.IstioMutual, "istio.metadata_exchange,istio.stats,istio_authn,envoy.filters.network.rbac," + TcpProxyName)]
    [InlineData(ServerTlsMode.Simple, "istio.stats,istio_authn,envoy.filters.network.rbac," + TcpProxyName)]
    public void GatewayTcp_OfTls_ExchangesPeersOnlyInsideTheMeshsOwn(ServerTlsMode mode, string names) =>
        Names(Gateway("TLS", new() { Mode = mode, CredentialName = mode == ServerTlsMode.Simple ? "certificate" : "" }, TcpRoute()).FilterChains.Single())
            .ShouldBe(names);

    [Fact]
    public void GatewayHttp_KnowsThePeerBeforeTheManager() =>
        Names(Gateway("HTTP", null, TcpRoute()).FilterChains.Single()).ShouldBe($"istio_authn,{HttpManagerName}");

    [Fact]
    public void Gateway_BehindPROXYProtocol_ReadsItsHeaderFirst()
    {
        var mesh = MeshConfig.Default with { DefaultConfig = ProxyConfig.Default with { GatewayTopology = new(ProxyProtocol: true) } };

        Gateway("HTTPS", new() { Mode = ServerTlsMode.Simple, CredentialName = "c" }, TcpRoute(), mesh).ListenerFilters.Select(f => f.Name)
            .ShouldBe(["envoy.filters.listener.proxy_protocol", "envoy.filters.listener.tls_inspector"]);
    }

    [Theory]
    [InlineData(Protocol.Tcp, TcpProxyName)]
    [InlineData(Protocol.Http, HttpManagerName)]
    public void Inbound_KnowsPeerAndIdentityBeforeAnythingElse(Protocol protocol, string last)
    {
        var inputs = new MeshInputs
        {
            Services = [Service("web", "10.96.0.10", ("port", 80, protocol))],
            Workloads = [new Workload { Name = "web-1", Namespace = "default", Addresses = ["10.1.0.9"], Labels = Labels(("app", "web")) }],
        };
        var listener = Listeners(inputs, Sidecar()).Single(l => l.Name == "virtualInbound");
        var names = Names(listener.FilterChains.First(c => c.Name == "0.0.0.0_80")).Split(',');

        names.ShouldBe(["istio.metadata_exchange", "istio_authn", last]);
    }

    [Theory]
    [InlineData(Protocol.Tcp)]
    [InlineData(Protocol.Http)]
    [InlineData(Protocol.Unsupported)]
    public async Task Proxy_TakesTheListenersAsTheyAreMade(Protocol protocol)
    {
        var inputs = new MeshInputs
        {
            Mesh = MeshConfig.Default with { DefaultProviders = Metrics },
            Services = [Service("web", "10.96.0.10", ("port", 80, protocol))],
            Workloads = [new Workload { Name = "web-1", Namespace = "default", Addresses = ["10.1.0.9"], Labels = Labels(("app", "web")) }],
            Configs = [DenyAll],
        };
        var listeners = Listeners(inputs, Sidecar());
        await using var bed = new ProxyBed();
        foreach (var listener in listeners)
        {
            listener.Address.SocketAddress.PortValue = 0;
            listener.Address.SocketAddress.Address = "127.0.0.1";
        }

        bed.Server.Apply(TypeUrls.Listener, "1", [.. listeners.Select(ProxyBed.Pack)]).ShouldBeEmpty();
    }

    [Fact]
    public void OutboundTcp_OfMongo_IsReadForStatistics()
    {
        var inputs = new MeshInputs { Mesh = MeshConfig.Default with { DefaultProviders = Metrics }, Services = [Service("db", "10.96.0.11", ("mongo", 27017, Protocol.Mongo), ("tcp", 7000, Protocol.Tcp))] };
        var listeners = Listeners(inputs, Sidecar());

        Names(Chain("10.96.0.11_27017")).ShouldBe($"istio.stats,envoy.filters.network.mongo_proxy,{TcpProxyName}");
        Names(Chain("10.96.0.11_7000")).ShouldBe($"istio.stats,{TcpProxyName}");

        FilterChain Chain(string name) => listeners.Single(l => l.Name == name) is var found && found.FilterChains.Count > 0
            ? found.FilterChains[0] : found.DefaultFilterChain;
    }

    [Fact]
    public void TcpRoute_ToARuleWithATunnel_GoesThroughIt()
    {
        var rule = new DestinationRuleConfig
        {
            Meta = Meta("DestinationRule", "proxy"),
            Host = "web",
            TrafficPolicy = new() { Tunnel = new("POST", "2001:db8::1", 8443) },
        };
        var proxy = Proxy(Gateway("TCP", null, TcpRoute(new Destination("web", Port: 80)), configs: rule));

        proxy.TunnelingConfig.Hostname.ShouldBe("[2001:db8::1]:8443");
        proxy.TunnelingConfig.UsePost.ShouldBeTrue();
    }

    [Fact]
    public void TcpRoute_WithWeights_TakesTheTunnelOfTheHostAndNotOfASubset()
    {
        var rule = Rule("web", ("v1", "v1"), ("v2", "v2"));
        var subset = rule.Subsets[0] with { TrafficPolicy = new() { Tunnel = new("CONNECT", "a.example", 1) } };
        var tunnels = new[] { new TunnelSettings("CONNECT", "b.example", 2), null }.Select(whole =>
        {
            var policy = whole is null ? null : new TrafficPolicy { Tunnel = whole };
            var route = TcpRoute(new Destination("web", "v1", 80), new Destination("web", "v2", 80));
            return Proxy(Gateway("TCP", null, route, configs: rule with { TrafficPolicy = policy, Subsets = [subset, rule.Subsets[1]] })).TunnelingConfig;
        }).ToList();

        tunnels[0].Hostname.ShouldBe("b.example:2");
        tunnels[1].ShouldBeNull();
    }

    [Fact]
    public void StatPrefix_FollowsTheMeshsPatterns()
    {
        var mesh = MeshConfig.Default with { OutboundClusterStatName = "%SERVICE%_%SERVICE_PORT_NAME%" };

        Proxy(Gateway("TCP", null, TcpRoute(new Destination("web", Port: 80)), mesh)).StatPrefix.ShouldBe("web.default_p");
    }

    private static VirtualServiceConfig TcpRoute(params Destination[] destinations) => new()
    {
        Meta = Meta("VirtualService", "web"),
        Hosts = ["web.example.com"],
        Gateways = ["gw"],
        Tcp = [new([], (destinations.Length == 0 ? [new Destination("web", Port: 80)] : destinations).Select(d => new RouteDestination(d, 50)).ToEquatableArray())],
    };

    private static Listener Gateway(
        string protocol, ServerTlsSettings? tls, VirtualServiceConfig route, MeshConfig? mesh = null, params IIstioConfig[] configs)
    {
        var inputs = new MeshInputs
        {
            Mesh = (mesh ?? MeshConfig.Default) with { DefaultProviders = Metrics },
            Services = [Service("web", "10.96.0.10", ("port", 80, Protocol.Tcp))],
            Configs =
            [
                new GatewayConfig
                {
                    Meta = Meta("Gateway", "gw"),
                    Selector = Labels(("istio", "ingressgateway")),
                    Servers = [new GatewayServer { Port = new(9000, protocol, "p"), Hosts = ["web.example.com"], Tls = tls }],
                },
                route, DenyAll, .. configs,
            ],
        };
        return Listeners(inputs, Router).Single();
    }

    private static List<Listener> Listeners(MeshInputs inputs, ProxyNode proxy) =>
        [.. ProxyTranslator.Translate(new(MeshSnapshot.Build(inputs), proxy, TypeUrls.Listener, [])).Resources.Select(r => r.Resource.Unpack<Listener>())];

    private static string Names(FilterChain chain) => string.Join(',', chain.Filters.Select(f => f.Name));

    private static TcpProxy Proxy(Listener listener) => listener.FilterChains.Single().Filters.Last().TypedConfig.Unpack<TcpProxy>();
}
