using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Gateways;

/// <summary>An east-west gateway: the server name of the mesh's TLS says where a connection goes.</summary>
public sealed class SniPassthroughTests
{
    private static readonly ProxyNode Router = Sidecar() with { Type = ProxyType.Router, Labels = Labels(("istio", "eastwest")) };

    private static readonly MeshInputs Inputs = new()
    {
        Services =
        [
            Service("web", "10.96.0.10", ("http", 80, Protocol.Http)),
            Service("away", "10.96.0.11", ("http", 80, Protocol.Http)) with { MeshExternal = true },
        ],
        Endpoints = [Endpoints("web", ("10.1.0.1", 8080, "http", "v1"))],
        Configs = [Gateway(ServerTlsMode.AutoPassthrough), Rule("web", ("v1", "v1"))],
    };

    [Fact]
    public void Chains_AreOnePerPortAndSubset_ForTheMeshsOwnTlsAlone()
    {
        var listener = Translate<Listener>(TypeUrls.Listener, Inputs).ShouldHaveSingleItem();

        listener.Name.ShouldBe("0.0.0.0_15443");
        listener.FilterChains.Select(c => c.FilterChainMatch.ServerNames.Single()).ShouldBe(
            ["outbound_.80_._.web.default.svc.cluster.local", "outbound_.80_.v1_.web.default.svc.cluster.local"]);
        listener.FilterChains.ShouldAllBe(c => c.TransportSocket == null && c.FilterChainMatch.ApplicationProtocols.Contains("istio-peer-exchange"));
    }

    [Fact]
    public void Clusters_OfThatName_PassTlsOnAndHoldWhatDemandsIt()
    {
        var clusters = Translate<Cluster>(TypeUrls.Cluster, Inputs);
        var cluster = clusters.Single(c => c.Name == "outbound_.80_._.web.default.svc.cluster.local");

        (cluster.TransportSocket, cluster.TransportSocketMatches.Count).ShouldBe((null, 0));
        cluster.EdsClusterConfig.ServiceName.ShouldBe(cluster.Name);
        clusters.ShouldNotContain(c => c.Name.StartsWith("outbound_.", StringComparison.Ordinal) && c.Name.Contains("away"));
        Translate<ClusterLoadAssignment>(TypeUrls.ClusterLoadAssignment, Inputs, cluster.Name).Single().Endpoints.ShouldBeEmpty();
    }

    [Fact]
    public void Gateway_OfAnotherMode_HasNoSuchClusters() =>
        Translate<Cluster>(TypeUrls.Cluster, Inputs with { Configs = [Gateway(ServerTlsMode.Passthrough)] })
            .ShouldNotContain(c => c.Name.StartsWith("outbound_.", StringComparison.Ordinal));

    [Fact]
    public void FilteredGateway_KnowsTheServicesOfItsRoutesAlone()
    {
        var route = new VirtualServiceConfig
        {
            Meta = Meta("VirtualService", "web"),
            Hosts = ["*"],
            Gateways = ["gw"],
            Tls = [new([new TlsMatch { SniHosts = ["web.example.com"] }], [new(new Destination("web", Port: 80))])],
        };
        var inputs = Inputs with
        {
            Settings = ControlPlaneSettings.Default with { FilterGatewayClusterConfig = true },
            Configs = [Gateway(ServerTlsMode.Passthrough), route],
        };

        Translate<Cluster>(TypeUrls.Cluster, inputs).Select(c => c.Name).ShouldBe(["outbound|80||web.default.svc.cluster.local", "BlackHoleCluster"]);
    }

    private static GatewayConfig Gateway(ServerTlsMode mode) => new()
    {
        Meta = Meta("Gateway", "gw"),
        Selector = Labels(("istio", "eastwest")),
        Servers = [new GatewayServer { Port = new(15443, "TLS", "tls"), Hosts = ["*.cluster.local", "*.example.com"], Tls = new() { Mode = mode } }],
    };

    private static List<T> Translate<T>(string typeUrl, MeshInputs inputs, params string[] names)
        where T : IMessage<T>, new() =>
        [.. ProxyTranslator.Translate(new(MeshSnapshot.Build(inputs), Router, typeUrl, names)).Resources.Select(r => r.Resource.Unpack<T>())];
}
