using Envoy.Config.Cluster.V3;
using Lateen.Translation.Listeners;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Clusters;

/// <summary>A cluster for each port of the proxy's own workload.</summary>
internal static class InboundClusters
{
    public static IEnumerable<Cluster> Build(ProxyContext context)
    {
        foreach (var port in InboundPorts.Find(context))
        {
            yield return Build(context, port);
        }
    }

    private static Cluster Build(ProxyContext context, InboundPort port)
    {
        var cluster = new Cluster
        {
            Name = Naming.Inbound(port.TargetPort),
            ConnectTimeout = context.Mesh.ConnectTimeout.ToDuration(),
            CircuitBreakers = ConnectionPools.NoLimits(),
            Metadata = new(),
        };
        if (context.Mesh.InboundClusterStatName is { Length: > 0 } pattern)
        {
            cluster.AltStatName = StatNames.Of(pattern, port);
        }

        if (port.Endpoint is { } fixedAddress)
        {
            cluster.Type = Cluster.Types.DiscoveryType.Static;
            cluster.LbPolicy = Cluster.Types.LbPolicy.RoundRobin;
            cluster.LoadAssignment = new()
            {
                ClusterName = cluster.Name,
                Endpoints = { new Envoy.Config.Endpoint.V3.LocalityLbEndpoints { LbEndpoints = { fixedAddress } } },
            };
        }
        else
        {
            cluster.Type = Cluster.Types.DiscoveryType.OriginalDst;
            cluster.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;
            cluster.UpstreamBindConfig = FixedClusters.InboundBind(!context.SupportsIpv4);
        }

        var pool = port.ConnectionPool;
        if (port.Services.Count > 0)
        {
            var rule = context.RuleFor(port.Services[0].Service);
            pool ??= TrafficPolicies.Effective(rule?.Rule.TrafficPolicy, null, port.Services[0].Port.Number)?.ConnectionPool;
            ConfigReference.Istio(cluster.Metadata).Fields["services"] = ClusterMetadata.Services(
                port.Services.Select(i => i.Service).DistinctBy(s => s.Key));
        }

        ConnectionPools.Apply(cluster, pool, port.Protocol, context.Mesh with { H2UpgradePolicy = Lateen.Model.Networking.H2UpgradePolicy.DoNotUpgrade });
        Keepalive.Apply(cluster, pool?.Tcp?.TcpKeepalive, context.Mesh.TcpKeepalive);
        return cluster;
    }
}
