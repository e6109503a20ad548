using Envoy.Tcp.Metadataexchange.Config;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Translation.Telemetries;

/// <summary>The network filter by which sidecars tell each other who they are on TCP connections: at a listener for clients, at a cluster for hosts.</summary>
internal static class PeerExchange
{
    /// <summary>The ALPN name on which they agree.</summary>
    public const string Protocol = "istio-peer-exchange";

    private const string Name = "istio.metadata_exchange";

    public static Envoy.Config.Listener.V3.Filter AtListener() => new() { Name = Name, TypedConfig = Config() };

    /// <summary>Istio: every outbound cluster has it, whatever its protocol; it acts where the handshake has settled on the name.</summary>
    public static Envoy.Config.Cluster.V3.Filter AtCluster() => new() { Name = Name, TypedConfig = Config() };

    private static Any Config() => new MetadataExchange { Protocol = Protocol }.Pack();
}
