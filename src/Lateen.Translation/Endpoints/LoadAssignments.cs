using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Model.Services;
using Lateen.Translation.Clusters;
using Lateen.Translation.Memos;
using Lateen.Translation.Policies;
using ModelEndpoint = Lateen.Model.Services.Endpoint;

namespace Lateen.Translation.Endpoints;

/// <summary>The endpoints of a cluster, grouped by locality.</summary>
internal static class LoadAssignments
{
    /// <summary>The assignment that a cluster name stands for; empty (without endpoints) when nothing is known of it.</summary>
    public static ClusterLoadAssignment Build(ProxyContext context, string cluster)
    {
        if (Naming.ParseOutbound(cluster) is not { } name
            || context.FindService(name.Host) is not { } service
            || service.FindPort(name.Port) is not { } port)
        {
            return new() { ClusterName = cluster };
        }

        var rule = context.RuleFor(service);
        var subset = name.Subset.Length == 0 ? null : rule?.FindSubset(name.Subset);
        if (name.Subset.Length > 0 && subset is null)
        {
            return new() { ClusterName = cluster };
        }

        var policy = TrafficPolicies.Effective(rule?.Rule.TrafficPolicy, subset?.TrafficPolicy, port.Number) ?? new TrafficPolicy();
        var groups = Groups(context, new(service, port, rule?.Rule, rule?.From ?? default, subset), policy);
        var networks = context.Snapshot.Index.Networks;
        if (!networks.IsEmpty)
        {
            groups = groups.ConvertAll(g => NetworkRouting.Apply(g, context.Proxy, networks));
        }

        if (cluster.StartsWith(Naming.SniPrefix, StringComparison.Ordinal))
        {
            // A gateway that passes TLS on can not tell mutual TLS from other: only endpoints that demand it are behind it.
            groups.ForEach(g => g.Members.RemoveAll(m => !m.Message.Metadata.FilterMetadata.ContainsKey(EndpointMetadata.TransportSocketMatch)));
        }

        groups.RemoveAll(g => g.Members.Count == 0);
        return Assignment(context, cluster, groups, policy);
    }

    /// <summary>The same, packed: what a memo knows is not made again.</summary>
    public static NamedResource Packed(ProxyContext context, TranslationMemo memo, string cluster)
    {
        if (Naming.ParseOutbound(cluster) is not { } name || context.FindService(name.Host) is not { } service)
        {
            return new(cluster, new ClusterLoadAssignment { ClusterName = cluster });
        }

        var key = new AssignmentKey(
            cluster, service, context.RuleFor(service), context.Snapshot.Endpoints.Find(service.Key), context.SurroundingsIn(memo));
        return memo.Assignments.Get(key, context, static (key, context) => new NamedResource(key.Cluster, Build(context, key.Cluster)));
    }

    public static ClusterLoadAssignment Build(ProxyContext context, OutboundTarget target, string cluster, TrafficPolicy policy)
    {
        // The proxy resolves these itself: networks do not matter to a name.
        return Assignment(context, cluster, Groups(context, target, policy), policy);
    }

    private static ClusterLoadAssignment Assignment(
        ProxyContext context, string cluster, List<LocalityGroup> groups, TrafficPolicy policy)
    {
        if (LoadBalancing.LocalitySettings(context.Mesh.LocalityLbSetting, policy.LoadBalancer?.LocalityLbSetting) is { } locality
            && (!context.Proxy.Locality.IsNone || !locality.FailoverPriority.IsEmpty))
        {
            if (!locality.Distribute.IsEmpty)
            {
                LocalityWeights.Apply(groups, context.Proxy, locality.Distribute);
            }
            else if (policy.OutlierDetection is not null)
            {
                groups = LocalityPriorities.Apply(groups, context.Proxy, locality);
            }
        }

        var assignment = new ClusterLoadAssignment { ClusterName = cluster };
        assignment.Endpoints.AddRange(groups.Select(g => g.Build()));
        return assignment;
    }

    private static List<LocalityGroup> Groups(ProxyContext context, OutboundTarget target, TrafficPolicy policy)
    {
        var groups = new SortedDictionary<string, LocalityGroup>(StringComparer.Ordinal);
        foreach (var endpoint in EndpointSelection.Of(context, target))
        {
            var key = endpoint.Locality.ToString();
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = new LocalityGroup(endpoint.Locality);
            }

            group.Members.Add((Build(context, target, endpoint, policy), endpoint));
        }

        return [.. groups.Values];
    }

    private static LbEndpoint Build(ProxyContext context, OutboundTarget target, ModelEndpoint endpoint, TrafficPolicy policy)
    {
        return new LbEndpoint
        {
            Endpoint = new() { Address = AddressOf(endpoint) },
            LoadBalancingWeight = endpoint.Weight == 0 ? 1 : endpoint.Weight,
            HealthStatus = endpoint.Health switch
            {
                EndpointHealth.Unhealthy => HealthStatus.Unhealthy,
                EndpointHealth.Draining => HealthStatus.Draining,
                _ => HealthStatus.Healthy,
            },
            Metadata = EndpointMetadata.Of(
                endpoint,
                endpoint.ClusterId.Length > 0 ? endpoint.ClusterId : context.Snapshot.Index.Inputs.ClusterId,
                UsesMutualTls(context, target, endpoint, policy)),
        };
    }

    /// <summary>Whether this endpoint is called with the mesh's mutual TLS: it can, and neither rule nor policy speaks against it.</summary>
    private static bool UsesMutualTls(ProxyContext context, OutboundTarget target, ModelEndpoint endpoint, TrafficPolicy policy)
    {
        if (endpoint.TlsMode != EndpointMetadata.MutualMode)
        {
            return false;
        }

        if (policy.Tls is { } tls)
        {
            return tls.Mode == ClientTlsMode.IstioMutual;
        }

        if (!context.Mesh.EnableAutoMtls || target.Service.MeshExternal)
        {
            return false;
        }

        var mode = MutualTls.Of(context.Snapshot, endpoint.Namespace, endpoint.Labels).ModeOf(endpoint.Port);
        return mode != MutualTlsMode.Disable;
    }

    private static Address AddressOf(ModelEndpoint endpoint) => endpoint.Port == 0
        ? new() { Pipe = new() { Path = endpoint.Address } }
        : Protobuf.SocketAddress(endpoint.Address, endpoint.Port);
}
