using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Applies the patches of clusters.</summary>
internal static class ClusterPatches
{
    /// <summary>The clusters of one part of a proxy's configuration after all patches.</summary>
    /// <param name="addsClusters">False where another call for the same part adds those of the patches.</param>
    public static IEnumerable<Cluster> Apply(
        ProxyContext context, EnvoyFilterContext part, IEnumerable<Cluster> clusters, bool addsClusters = true)
    {
        if (!context.Patches.Has(EnvoyFilterApplyTo.Cluster))
        {
            return clusters;
        }

        return clusters
            .Select(cluster => Apply(context, part, cluster, Hosts(cluster)))
            .OfType<Cluster>()
            .Concat(addsClusters ? Added(context, part) : []);
    }

    /// <summary>The cluster after its patches; null = it is removed.</summary>
    /// <param name="hosts">The services behind an inbound cluster, whose name tells no host.</param>
    public static Cluster? Apply(ProxyContext context, EnvoyFilterContext part, Cluster cluster, IReadOnlyCollection<string> hosts)
    {
        foreach (var patch in context.Patches.At(EnvoyFilterApplyTo.Cluster, part))
        {
            if (patch.Operation == EnvoyFilterOperation.Add || !Matches(patch, cluster, hosts))
            {
                continue;
            }

            if (patch.Operation == EnvoyFilterOperation.Remove)
            {
                return null;
            }

            if (!MergedSocket(context, patch, cluster, (Cluster)patch.Value!))
            {
                MessageMerge.Into(cluster, patch.Value!);
            }
        }

        return cluster;
    }

    /// <summary>Clusters that are added; one without a context is meant once, not for each direction.</summary>
    public static IEnumerable<Cluster> Added(ProxyContext context, EnvoyFilterContext part) => context.Patches
        .At(EnvoyFilterApplyTo.Cluster, part)
        .Where(patch => patch.Operation == EnvoyFilterOperation.Add
            && (patch.Match.Context != EnvoyFilterContext.Any || part != EnvoyFilterContext.SidecarInbound))
        .Select(patch => patch.Copy<Cluster>());

    public static bool Matches(EnvoyPatch patch, Cluster cluster, IReadOnlyCollection<string> hosts)
    {
        if (patch.Match.Cluster is not { } match)
        {
            return true;
        }

        if (match.Name.Length > 0)
        {
            return match.Name == cluster.Name;
        }

        var key = SubsetKey.Parse(cluster.Name);
        return (match.Subset.Length == 0 || match.Subset == key?.Subset)
            && (match.Service.Length == 0
                || (key is { IsInbound: true } && hosts.Count > 0 ? hosts.Contains(match.Service) : match.Service == key?.Host))
            && (match.PortNumber == 0 || match.PortNumber == key?.Port);
    }

    /// <summary>
    /// A patch with a transport socket changes nothing but that: the one of the same name is merged with; another name replaces the
    /// cluster's only socket, and is dropped where sockets are chosen by endpoint, since a cluster can not have both.
    /// </summary>
    private static bool MergedSocket(ProxyContext context, EnvoyPatch patch, Cluster cluster, Cluster change)
    {
        if (change.TransportSocket is not { } socket)
        {
            return false;
        }

        TransportSocket? existing;
        if (cluster.TransportSocketMatches.Count > 0)
        {
            existing = cluster.TransportSocketMatches.Select(m => m.TransportSocket).FirstOrDefault(s => s?.Name == socket.Name);
            if (existing is null)
            {
                context.Report(
                    patch.Meta,
                    $"{patch.Path}.patch.value.transport_socket",
                    $"cluster {cluster.Name} chooses its sockets by endpoint, and none of them is named {socket.Name}",
                    "name envoy.transport_sockets.tls, or turn automatic mutual TLS off by a DestinationRule");
                return true;
            }
        }
        else
        {
            existing = cluster.TransportSocket?.Name == socket.Name ? cluster.TransportSocket : null;
        }

        if (existing is null)
        {
            cluster.TransportSocket = socket.Clone();
        }
        else if (existing.TypedConfig is { } original && socket.TypedConfig is { } typed)
        {
            existing.TypedConfig = TypedConfigMerge.Merge(context, patch, original, typed);
        }

        return true;
    }

    /// <summary>The hosts that an inbound cluster's metadata names.</summary>
    private static List<string> Hosts(Cluster cluster) =>
        cluster.Metadata?.FilterMetadata.TryGetValue(Naming.IstioMetadata, out var istio) == true
        && istio.Fields.TryGetValue("services", out var services)
            ? [.. services.ListValue?.Values.Select(service => service.StructValue.Fields["host"].StringValue) ?? []]
            : [];
}
