using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.Clusters;

/// <summary>DestinationRule.trafficPolicy.proxyProtocol: hosts are told who calls by a PROXY header before anything else, TLS included.</summary>
internal static class UpstreamProxyProtocol
{
    private const string Name = "envoy.transport_sockets.upstream_proxy_protocol";

    /// <summary>Wraps every transport socket that the cluster may use.</summary>
    public static void Apply(Cluster cluster, ProxyProtocolVersion? version)
    {
        if (version is not { } given)
        {
            return;
        }

        foreach (var match in cluster.TransportSocketMatches)
        {
            match.TransportSocket = Wrapped(match.TransportSocket, given);
        }

        cluster.TransportSocket = Wrapped(cluster.TransportSocket ?? UpstreamTls.PlainText(), given);
    }

    private static TransportSocket Wrapped(TransportSocket inner, ProxyProtocolVersion version) => new()
    {
        Name = Name,
        TypedConfig = new ProxyProtocolUpstreamTransport
        {
            Config = new()
            {
                Version = version == ProxyProtocolVersion.V2 ? ProxyProtocolConfig.Types.Version.V2 : ProxyProtocolConfig.Types.Version.V1,
            },
            TransportSocket = inner,
        }.Pack(),
    };
}
