using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Clusters;

public sealed class UpstreamProxyProtocolTests
{
    [Fact]
    public void Rule_WithPROXYProtocol_WrapsEverySocketOfTheCluster()
    {
        var cluster = Translate(new() { ProxyProtocol = ProxyProtocolVersion.V2 });
        var sockets = cluster.TransportSocketMatches.Select(m => m.TransportSocket).Append(cluster.TransportSocket).Select(Unwrap).ToList();

        sockets.Select(s => s.Config.Version).Distinct().ShouldBe([ProxyProtocolConfig.Types.Version.V2]);
        sockets.Select(s => s.TransportSocket.Name).ShouldBe(["envoy.transport_sockets.tls", "envoy.transport_sockets.raw_buffer", "envoy.transport_sockets.raw_buffer"]);
    }

    [Fact]
    public void Rule_WithTlsBeside_PutsTlsInside() =>
        Unwrap(Translate(new() { ProxyProtocol = ProxyProtocolVersion.V1, Tls = new() { Mode = ClientTlsMode.Simple } }).TransportSocket)
            .TransportSocket.Name.ShouldBe("envoy.transport_sockets.tls");

    private static ProxyProtocolUpstreamTransport Unwrap(TransportSocket socket) => socket.TypedConfig.Unpack<ProxyProtocolUpstreamTransport>();

    private static Cluster Translate(TrafficPolicy policy)
    {
        var snapshot = MeshSnapshot.Build(new()
        {
            Services = [Service("web", "10.96.0.10", ("http", 80, Protocol.Http))],
            Configs = [Rule("web") with { TrafficPolicy = policy }],
        });
        return ProxyTranslator.Translate(new(snapshot, Sidecar(), TypeUrls.Cluster, [])).Resources
            .Select(r => r.Resource.Unpack<Cluster>()).Single(c => c.Name.StartsWith("outbound|", StringComparison.Ordinal));
    }
}
