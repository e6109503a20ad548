using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation;

public sealed class SidecarTranslationTests
{
    private const string Web = "web.default.svc.cluster.local";

    private static readonly MeshInputs Inputs = new()
    {
        Services =
        [
            Service("web", "10.96.0.10", ("http", 80, Protocol.Http)),
            Service("db", "10.96.0.11", ("tcp", 5432, Protocol.Tcp)),
            Service("odd", "10.96.0.12", ("", 9000, Protocol.Unsupported)),
        ],
        Endpoints = [Endpoints("web", ("10.1.0.1", 8080, "http", "v1"), ("10.1.0.2", 8080, "http", "v2"))],
        Configs = [Rule("web", ("v1", "v1"), ("v2", "v2"))],
    };

    [Fact]
    public void Listeners_OfASidecar_HaveIstiosNames()
    {
        var names = Translate<Listener>(TypeUrls.Listener).Select(l => l.Name);

        names.ShouldBe(
            ["virtualInbound", "10.96.0.11_5432", "10.96.0.12_9000", "0.0.0.0_80", "virtualOutbound"],
            ignoreOrder: true);
    }

    [Fact]
    public void Listener_OfADetectedPort_HasHttpChainAndTcpByDefault()
    {
        var listener = Translate<Listener>(TypeUrls.Listener).Single(l => l.Name == "10.96.0.12_9000");

        listener.FilterChains.Single().FilterChainMatch.ApplicationProtocols.ShouldBe(["http/1.1", "h2c"]);
        listener.DefaultFilterChain.ShouldNotBeNull();
        listener.BindToPort.ShouldBe(false);
    }

    [Fact]
    public void Clusters_OfAServiceWithSubsets_AreOnePerSubset()
    {
        var names = Translate<Cluster>(TypeUrls.Cluster).Select(c => c.Name).ToList();

        names.ShouldContain($"outbound|80||{Web}");
        names.ShouldContain($"outbound|80|v1|{Web}");
        names.ShouldContain($"outbound|80|v2|{Web}");
        names.ShouldContain("PassthroughCluster");
        names.ShouldContain("BlackHoleCluster");
        names.ShouldContain("InboundPassthroughClusterIpv4");
    }

    [Fact]
    public void Routes_OfPort80_AnswerToShortAndLongNamesAndTheAddress()
    {
        var route = Route("80", Inputs);
        var host = route.VirtualHosts.Single(h => h.Name == $"{Web}:80");

        host.Domains.ShouldBe([Web, "web", "web.default.svc", "web.default", "10.96.0.10"], ignoreOrder: true);
        route.VirtualHosts[^1].Name.ShouldBe("allow_any");
        route.IgnorePortInHostMatching.ShouldBeTrue();
    }

    [Fact]
    public void Route_WithHeaderMatchAndWeights_KeepsOrder()
    {
        var source = new VirtualServiceConfig
        {
            Meta = Meta("VirtualService", "web"),
            Hosts = ["web"],
            Http =
            [
                new HttpRoute
                {
                    Match =
                    [
                        new HttpMatch
                        {
                            Headers = new Dictionary<string, StringMatch> { ["end-user"] = StringMatch.Exact("jason") }.ToEquatableMap(),
                        },
                    ],
                    Route = [new(new Destination("web", "v2"))],
                },
                new HttpRoute
                {
                    Route = [new(new Destination("web", "v1"), 90), new(new Destination("web", "v2"), 10)],
                },
            ],
        };
        var routes = Route("80", Inputs with { Configs = [.. Inputs.Configs, source] })
            .VirtualHosts.Single(h => h.Name == $"{Web}:80").Routes;

        routes.Count.ShouldBe(2);
        routes[0].Match.Headers.Single().StringMatch.Exact.ShouldBe("jason");
        routes[0].Route_.Cluster.ShouldBe($"outbound|80|v2|{Web}");
        routes[1].Route_.WeightedClusters.Clusters.Select(c => (c.Name, c.Weight)).ShouldBe(
            [($"outbound|80|v1|{Web}", 90u), ($"outbound|80|v2|{Web}", 10u)]);
    }

    [Fact]
    public void Route_ToASubsetThatNoRuleHas_StaysAndIsReported()
    {
        var source = new VirtualServiceConfig
        {
            Meta = Meta("VirtualService", "web"),
            Hosts = ["web"],
            Http = [new HttpRoute { Route = [new(new Destination("web", "v9"))] }],
        };
        var result = ProxyTranslator.Translate(new(
            MeshSnapshot.Build(Inputs with { Configs = [source] }), Sidecar(), TypeUrls.RouteConfiguration, ["80"]));

        Decode<RouteConfiguration>(result)[0].VirtualHosts.Single(h => h.Name == $"{Web}:80")
            .Routes[0].Route_.Cluster.ShouldBe($"outbound|80|v9|{Web}");
        var problem = result.Problems.ShouldHaveSingleItem();
        problem.Subject.ShouldBe("VirtualService default/web");
        problem.FieldPath.ShouldBe("spec.http[0].route[0].destination.subset");
        problem.Code.ShouldBe("IST0101");
    }

    [Fact]
    public void Endpoints_OfASubset_AreThoseWithItsLabels()
    {
        var result = ProxyTranslator.Translate(new(
            MeshSnapshot.Build(Inputs), Sidecar(), TypeUrls.ClusterLoadAssignment, [$"outbound|80|v2|{Web}"]));

        Decode<ClusterLoadAssignment>(result).Single().Endpoints.Single().LbEndpoints.Single()
            .Endpoint.Address.SocketAddress.Address.ShouldBe("10.1.0.2");
    }

    [Fact]
    public void WithEndpoints_ChangesOneShardAndKeepsTheIndex()
    {
        var snapshot = MeshSnapshot.Build(Inputs);
        var next = snapshot.WithEndpoints(Endpoints("web", ("10.1.0.7", 8080, "http", "v1")), 1);

        next.Index.ShouldBeSameAs(snapshot.Index);
        next.EndpointsOf(new(Web, "default")).Endpoints.Count.ShouldBe(1);
        snapshot.EndpointsOf(new(Web, "default")).Endpoints.Count.ShouldBe(2);
    }

    [Fact]
    public void Inbound_OfAPermissivePort_TakesMutualTlsAndPlainText()
    {
        var server = Sidecar("10.1.0.1");
        var inputs = Inputs with
        {
            Workloads =
            [
                new Workload { Name = "web-1", Namespace = "default", Addresses = ["10.1.0.1"], Labels = Labels(("app", "web")) },
            ],
        };
        var result = ProxyTranslator.Translate(new(MeshSnapshot.Build(inputs), server, TypeUrls.Listener, []));
        var inbound = Decode<Listener>(result).Single(l => l.Name == "virtualInbound");

        inbound.FilterChains.Where(c => c.Name == "0.0.0.0_80").Select(c => c.FilterChainMatch.TransportProtocol)
            .ShouldBe(["tls", "raw_buffer"]);
    }

    private static RouteConfiguration Route(string name, MeshInputs inputs) => Decode<RouteConfiguration>(ProxyTranslator.Translate(
        new(MeshSnapshot.Build(inputs), Sidecar(), TypeUrls.RouteConfiguration, [name])))[0];

    private static List<T> Translate<T>(string typeUrl)
        where T : IMessage<T>, new() =>
        Decode<T>(ProxyTranslator.Translate(new(MeshSnapshot.Build(Inputs), Sidecar(), typeUrl, [])));

    private static List<T> Decode<T>(TranslationResult result)
        where T : IMessage<T>, new() => [.. result.Resources.Select(r => r.Resource.Unpack<T>())];
}
