using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Model.Services;
using Lateen.Translation.Clusters;
using Lateen.Translation.Policies;
using ModelEndpoint = Lateen.Model.Services.Endpoint;
using ModelLocality = Lateen.Model.Workloads.Locality;

namespace Lateen.Translation.Endpoints;

/// <summary>The endpoints of a cluster, grouped by locality.</summary>
internal static class LoadAssignments
{
    private const string MutualMode = "istio";

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
        return Build(context, new(service, port, rule?.Rule, rule?.From ?? default, subset), cluster, policy);
    }

    public static ClusterLoadAssignment Build(ProxyContext context, OutboundTarget target, string cluster, TrafficPolicy policy)
    {
        var groups = new SortedDictionary<string, (ModelLocality Locality, List<LbEndpoint> Endpoints)>(StringComparer.Ordinal);
        foreach (var endpoint in Selected(context, target))
        {
            var key = endpoint.Locality.ToString();
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = (endpoint.Locality, []);
            }

            group.Endpoints.Add(Build(context, target, endpoint, policy));
        }

        var assignment = new ClusterLoadAssignment { ClusterName = cluster };
        foreach (var (locality, endpoints) in groups.Values)
        {
            var part = new LocalityLbEndpoints
            {
                Locality = new() { Region = locality.Region, Zone = locality.Zone, SubZone = locality.Subzone },
                LoadBalancingWeight = (uint)Math.Min(uint.MaxValue, endpoints.Sum(e => (long)(e.LoadBalancingWeight ?? 1))),
            };
            part.LbEndpoints.AddRange(endpoints);
            assignment.Endpoints.Add(part);
        }

        return assignment;
    }

    private static IEnumerable<ModelEndpoint> Selected(ProxyContext context, OutboundTarget target)
    {
        var labels = target.Subset?.Labels ?? EquatableMap<string, string>.Empty;
        foreach (var endpoint in context.Snapshot.EndpointsOf(target.Service, target.Port))
        {
            if (!LabelsMatch.IsSubset(labels, endpoint.Labels))
            {
                continue;
            }

            if (endpoint.Health != EndpointHealth.Healthy && !context.Settings.SendUnhealthyEndpoints)
            {
                continue;
            }

            // Kubernetes, internalTrafficPolicy: Local.
            if (target.Service.NodeLocal && endpoint.NodeName != context.Proxy.NodeName)
            {
                continue;
            }

            yield return endpoint;
        }
    }

    private static LbEndpoint Build(ProxyContext context, OutboundTarget target, ModelEndpoint endpoint, TrafficPolicy policy)
    {
        var result = new LbEndpoint
        {
            Endpoint = new() { Address = AddressOf(endpoint) },
            LoadBalancingWeight = endpoint.Weight == 0 ? 1 : endpoint.Weight,
            HealthStatus = endpoint.Health switch
            {
                EndpointHealth.Unhealthy => HealthStatus.Unhealthy,
                EndpointHealth.Draining => HealthStatus.Draining,
                _ => HealthStatus.Healthy,
            },
            Metadata = new(),
        };
        ConfigReference.Istio(result.Metadata).Fields["workload"] = Value.ForString(WorkloadText(endpoint, context));
        if (UsesMutualTls(context, target, endpoint, policy))
        {
            result.Metadata.FilterMetadata["envoy.transport_socket_match"] =
                Protobuf.StructOf(("tlsMode", Value.ForString(MutualMode)));
        }

        return result;
    }

    /// <summary>Whether this endpoint is called with the mesh's mutual TLS: it can, and neither rule nor policy speaks against it.</summary>
    private static bool UsesMutualTls(ProxyContext context, OutboundTarget target, ModelEndpoint endpoint, TrafficPolicy policy)
    {
        if (endpoint.TlsMode != MutualMode)
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

    /// <summary>`workload;namespace;canonical name;canonical revision;cluster`, as metrics read it.</summary>
    private static string WorkloadText(ModelEndpoint endpoint, ProxyContext context)
    {
        var (name, revision) = CanonicalNames.Of(endpoint.Labels, endpoint.WorkloadName);
        var clusterId = endpoint.ClusterId.Length > 0 ? endpoint.ClusterId : context.Snapshot.Index.Inputs.ClusterId;
        return $"{endpoint.WorkloadName};{endpoint.Namespace};{name};{(revision == "latest" ? "" : revision)};{clusterId}";
    }
}
