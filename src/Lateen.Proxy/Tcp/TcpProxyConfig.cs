using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Filters.IstioStats;
using Lateen.Proxy.Filters.Rbac;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Tcp;

/// <summary>A TCP proxy, compiled from envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy. Immutable.</summary>
internal sealed class TcpProxyConfig
{
    public required (ClusterState Cluster, int Weight)[] Targets { get; init; }

    public required int TotalWeight { get; init; }

    /// <summary>For what the workload sends out (envoy.config.core.v3.TrafficDirection).</summary>
    public bool IsOutbound { get; init; }

    /// <summary>
    /// It sends on to where they were going what is left of a port whose services all speak a protocol of the chains beside it: the last chain of Istio's
    /// listeners for HTTP ports.
    /// </summary>
    public bool TakesWhatIsLeft => IsOutbound && Array.TrueForAll(Targets, t => t.Cluster.Config?.Discovery == DiscoveryKind.OriginalDestination);

    public required StatScope Stats { get; init; }

    /// <summary>istio.stats, null if the chain has none.</summary>
    public IstioStatsConfig? MeshStats { get; init; }

    /// <summary>Access rules before the proxy, in order (envoy.filters.network.rbac).</summary>
    public RbacGuard[] Guards { get; init; } = [];

    /// <summary>Null: connections reach their host as they are.</summary>
    public TunnelConfig? Tunnel { get; init; }

    /// <summary>Asked after the access rules; null: nobody is.</summary>
    public Filters.ExtAuthz.ConnectionAuthorization? Authorization { get; init; }

    /// <summary>Clients tell who they are and are told; null: they are not.</summary>
    public PeerExchange? PeerExchange { get; init; }

    public AccessLogConfig[] AccessLogs { get; init; } = [];

    /// <summary>Envoy's default is one hour; 0: none.</summary>
    public long IdleTimeoutMilliseconds { get; init; } = 3_600_000;

    /// <summary>A connection is cut after so long, whatever it carries (max_downstream_connection_duration); 0: never.</summary>
    public long MaximumDurationMilliseconds { get; init; }

    public uint MaxConnectAttempts { get; init; } = 1;

    /// <summary>What the access rules say of a connection: null, or the details of the denial.</summary>
    public string? Denial(in RbacFacts facts, DownstreamConnection connection, int worker)
    {
        foreach (RbacGuard guard in Guards)
        {
            if (guard.Judge(facts, connection, worker) is { } details)
            {
                return details;
            }
        }
        return null;
    }

    /// <summary>Whether a host may be called before the client has said anything: no where the rules forbid it, somebody is to be asked, or a tunnel leads there.</summary>
    public bool MayBeginAhead(in RbacFacts facts)
    {
        if (Authorization is not null || Tunnel is not null)
        {
            return false;
        }
        foreach (RbacGuard guard in Guards)
        {
            if (!guard.WouldAllow(facts))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The cluster of a new connection, by weight.</summary>
    public ClusterState Draw(FastRandom random)
    {
        if (Targets.Length == 1)
        {
            return Targets[0].Cluster;
        }
        int at = random.Below(TotalWeight);
        int i = 0;
        while (at >= Targets[i].Weight)
        {
            at -= Targets[i++].Weight;
        }
        return Targets[i].Cluster;
    }
}
