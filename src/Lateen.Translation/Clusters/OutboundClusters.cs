using Envoy.Config.Cluster.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Translation.Endpoints;
using Lateen.Translation.Gateways;
using Lateen.Translation.Memos;
using Lateen.Translation.Policies;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Clusters;

/// <summary>A cluster for each port of each service that the proxy may call, and for each subset of it.</summary>
internal static class OutboundClusters
{
    public static IEnumerable<Cluster> Build(ProxyContext context) => Targets(context)
        .Select(target => Build(context, target, NameOf(target)))
        .OfType<Cluster>();

    /// <summary>The same, packed: what a memo knows is not made again.</summary>
    public static IEnumerable<NamedResource> Packed(ProxyContext context, TranslationMemo memo)
    {
        var surroundings = context.SurroundingsIn(memo);
        foreach (var target in Targets(context))
        {
            var key = new ClusterKey(
                target.Service, target.Port, context.RuleFor(target.Service), target.Subset, context.Snapshot.Endpoints.Find(target.Service.Key), surroundings);
            var packed = memo.Clusters.Get(
                key,
                (context, target),
                static (_, from) => Build(from.context, from.target, NameOf(from.target)) is { } cluster ? new NamedResource(cluster.Name, cluster) : null);
            if (packed is not null)
            {
                yield return packed;
            }
        }
    }

    /// <summary>Each port of each service, and each subset of it.</summary>
    public static IEnumerable<OutboundTarget> Targets(ProxyContext context)
    {
        var wanted = GatewayDestinations.Of(context);
        foreach (var service in context.Scope.Services)
        {
            if (service.Resolution == Resolution.Alias || wanted?.Contains(service.Hostname) == false)
            {
                continue;
            }

            var rule = context.RuleFor(service);
            foreach (var port in service.Ports.Where(port => port.Protocol != Protocol.Udp))
            {
                yield return new(service, port, rule?.Rule, rule?.From ?? default, Subset: null);
                foreach (var subset in (IEnumerable<Subset>)(rule?.Rule.Subsets ?? default))
                {
                    yield return new(service, port, rule!.Rule, rule.From, subset);
                }
            }
        }
    }

    private static string NameOf(OutboundTarget target) => Naming.Outbound(target.Service.Hostname, target.Subset?.Name ?? "", target.Port.Number);

    /// <summary>The cluster of a target; null where nothing is behind it that a proxy could resolve.</summary>
    /// <param name="passesTlsOn">What arrives is TLS already, and is not wrapped in another.</param>
    public static Cluster? Build(ProxyContext context, OutboundTarget target, string name, bool passesTlsOn = false)
    {
        var cluster = new Cluster
        {
            Name = name,
            Type = Discovery(context, target.Service),
            ConnectTimeout = context.Mesh.ConnectTimeout.ToDuration(),
            CircuitBreakers = ConnectionPools.NoLimits(),
            Metadata = ClusterMetadata.Of(target),
        };
        if (context.Mesh.OutboundClusterStatName.Length > 0)
        {
            cluster.AltStatName = StatNames.Of(context.Mesh.OutboundClusterStatName, target);
        }

        var policy = TrafficPolicies.Effective(
            target.Rule?.TrafficPolicy, target.Subset?.TrafficPolicy, target.Port.Number) ?? new TrafficPolicy();
        ConnectionPools.Apply(cluster, policy.ConnectionPool, target.Port.Protocol, context.Mesh);
        Keepalive.Apply(cluster, policy.ConnectionPool?.Tcp?.TcpKeepalive, context.Mesh.TcpKeepalive);
        LoadBalancing.Apply(cluster, policy.LoadBalancer, target.Port.Protocol, context);
        OutlierDetections.Apply(cluster, policy.OutlierDetection);
        switch (cluster.Type)
        {
            case Cluster.Types.DiscoveryType.Eds:
                cluster.EdsClusterConfig = new() { EdsConfig = Protobuf.Ads(), ServiceName = name };
                break;
            case Cluster.Types.DiscoveryType.StrictDns or Cluster.Types.DiscoveryType.LogicalDns:
                var assignment = LoadAssignments.Build(context, target, name, policy);
                if (assignment.Endpoints.Count == 0)
                {
                    return null;
                }

                cluster.LoadAssignment = assignment;
                cluster.DnsLookupFamily = context.SupportsIpv4 ? Cluster.Types.DnsLookupFamily.V4Only : Cluster.Types.DnsLookupFamily.V6Only;
                cluster.DnsRefreshRate = context.Mesh.DnsRefreshRate.ToDuration();
                cluster.RespectDnsTtl = true;
                break;
        }

        if (!passesTlsOn)
        {
            UpstreamTls.Apply(cluster, policy.Tls, target, context);
            UpstreamProxyProtocol.Apply(cluster, policy.ProxyProtocol);
        }

        cluster.Filters.Add(PeerExchange.AtCluster());
        return cluster;
    }

    private static Cluster.Types.DiscoveryType Discovery(ProxyContext context, Service service) => service.Resolution switch
    {
        Resolution.Dns => Cluster.Types.DiscoveryType.StrictDns,
        Resolution.DnsRoundRobin => Cluster.Types.DiscoveryType.LogicalDns,
        // A gateway's caller did not choose an address of the service: it balances over the endpoints.
        Resolution.Passthrough when context.IsGateway => Cluster.Types.DiscoveryType.Eds,
        Resolution.Passthrough when context.Settings.EdsForHeadlessServices && service.IsHeadless => Cluster.Types.DiscoveryType.Eds,
        Resolution.Passthrough => Cluster.Types.DiscoveryType.OriginalDst,
        _ => Cluster.Types.DiscoveryType.Eds,
    };
}
