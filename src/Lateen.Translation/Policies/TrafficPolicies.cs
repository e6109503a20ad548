using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Policies;

/// <summary>The blocks of a DestinationRule that hold for one port, and for one subset of it.</summary>
internal static class TrafficPolicies
{
    /// <summary>Lays a subset's policy over the rule's, block by block, then narrows it to a port.</summary>
    /// <remarks>Istio, DestinationRule: a block replaces the inherited one as a whole; settings of the port replace all of them.</remarks>
    public static TrafficPolicy? Effective(TrafficPolicy? rule, TrafficPolicy? subset, int port)
    {
        if (rule is null && subset is null)
        {
            return null;
        }

        var merged = rule is null ? subset! : subset is null ? rule : new TrafficPolicy
        {
            LoadBalancer = subset.LoadBalancer ?? rule.LoadBalancer,
            ConnectionPool = subset.ConnectionPool ?? rule.ConnectionPool,
            OutlierDetection = subset.OutlierDetection ?? rule.OutlierDetection,
            Tls = subset.Tls ?? rule.Tls,
            Tunnel = subset.Tunnel ?? rule.Tunnel,
            ProxyProtocol = subset.ProxyProtocol ?? rule.ProxyProtocol,
            PortLevelSettings = MergePorts(rule.PortLevelSettings, subset.PortLevelSettings),
        };
        foreach (var own in merged.PortLevelSettings)
        {
            if (own.Port == port)
            {
                return new TrafficPolicy
                {
                    LoadBalancer = own.LoadBalancer,
                    ConnectionPool = own.ConnectionPool,
                    OutlierDetection = own.OutlierDetection,
                    Tls = own.Tls,
                    Tunnel = merged.Tunnel,
                    ProxyProtocol = merged.ProxyProtocol,
                };
            }
        }

        return merged with { PortLevelSettings = default };
    }

    private static EquatableArray<PortTrafficPolicy> MergePorts(
        EquatableArray<PortTrafficPolicy> rule, EquatableArray<PortTrafficPolicy> subset)
    {
        var own = subset.Select(p => p.Port).ToHashSet();
        return [.. subset, .. rule.Where(p => !own.Contains(p.Port))];
    }
}
