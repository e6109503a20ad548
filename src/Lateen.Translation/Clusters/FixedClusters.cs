using Envoy.Config.Cluster.V3;
using Lateen.Translation.Telemetries;
using HttpOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Lateen.Translation.Clusters;

/// <summary>The clusters that every proxy has: where unknown traffic goes.</summary>
internal static class FixedClusters
{
    private const string HttpOptionsName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    /// <summary>Connections to the address that the caller meant.</summary>
    public static Cluster Passthrough(ProxyContext context)
    {
        var cluster = OriginalDestination(Naming.PassthroughCluster, context);
        cluster.Filters.Add(PeerExchange.AtCluster());
        return cluster;
    }

    /// <summary>Nowhere.</summary>
    public static Cluster BlackHole(ProxyContext context) => new()
    {
        Name = Naming.BlackHoleCluster,
        Type = Cluster.Types.DiscoveryType.Static,
        ConnectTimeout = context.Mesh.ConnectTimeout.ToDuration(),
        LbPolicy = Cluster.Types.LbPolicy.RoundRobin,
    };

    /// <summary>To the workload's own port that no service names; the source address keeps the rules from capturing it again.</summary>
    public static Cluster InboundPassthrough(ProxyContext context, bool ipv6)
    {
        var cluster = OriginalDestination(ipv6 ? Naming.InboundPassthroughIpv6 : Naming.InboundPassthroughIpv4, context);
        cluster.UpstreamBindConfig = InboundBind(ipv6);
        return cluster;
    }

    /// <summary>127.0.0.6 or ::6, as Istio's iptables rules expect.</summary>
    public static Envoy.Config.Core.V3.BindConfig InboundBind(bool ipv6) => new()
    {
        SourceAddress = new() { Address = ipv6 ? "::6" : "127.0.0.6", PortValue = 0 },
    };

    private static Cluster OriginalDestination(string name, ProxyContext context)
    {
        var cluster = new Cluster
        {
            Name = name,
            Type = Cluster.Types.DiscoveryType.OriginalDst,
            ConnectTimeout = context.Mesh.ConnectTimeout.ToDuration(),
            LbPolicy = Cluster.Types.LbPolicy.ClusterProvided,
            CircuitBreakers = ConnectionPools.NoLimits(),
        };
        cluster.TypedExtensionProtocolOptions[HttpOptionsName] = new HttpOptions
        {
            UseDownstreamProtocolConfig = new() { HttpProtocolOptions = new(), Http2ProtocolOptions = new() },
        }.Pack();
        return cluster;
    }
}
