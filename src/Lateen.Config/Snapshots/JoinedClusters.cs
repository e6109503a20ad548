using Lateen.Model;
using Lateen.Model.Services;

namespace Lateen.Config.Snapshots;

/// <summary>What several clusters told as one mesh: a service of one name and namespace is the same service everywhere.</summary>
public static class JoinedClusters
{
    /// <param name="clusters">The cluster that holds the configuration first; settings and resources are its.</param>
    public static MeshInputs Join(IReadOnlyList<MeshInputs> clusters)
    {
        var first = clusters[0];
        if (clusters.Count == 1)
        {
            return first;
        }

        return first with
        {
            Services = clusters.SelectMany(c => (IEnumerable<Service>)c.Services).GroupBy(s => s.Key).Select(Join).ToEquatableArray(),
            Endpoints = clusters.SelectMany(c => (IEnumerable<EndpointShard>)c.Endpoints)
                .GroupBy(s => s.Service)
                .Select(g => new EndpointShard(g.Key, g.SelectMany(s => (IEnumerable<Endpoint>)s.Endpoints).ToEquatableArray()))
                .ToEquatableArray(),
            Workloads = clusters.SelectMany(c => (IEnumerable<Model.Workloads.Workload>)c.Workloads).ToEquatableArray(),
            Nodes = clusters.SelectMany(c => (IEnumerable<Model.Workloads.Node>)c.Nodes).ToEquatableArray(),
            ServiceGateways = clusters.SelectMany(c => (IEnumerable<Model.Mesh.NetworkGateway>)c.ServiceGateways).ToEquatableArray(),
        };
    }

    private static Service Join(IEnumerable<Service> sameName)
    {
        var joined = sameName.First();
        foreach (var other in sameName.Skip(1))
        {
            joined = joined with
            {
                ClusterAddresses = joined.ClusterAddresses.Concat(other.ClusterAddresses).ToEquatableMap(),
                ExternalAddresses = joined.ExternalAddresses.Concat(other.ExternalAddresses).ToEquatableMap(),
                NodePorts = joined.NodePorts.Concat(other.NodePorts).ToEquatableMap(),
                Ports = [.. joined.Ports, .. other.Ports.Where(p => joined.FindPort(p.Number) is null)],
                ServiceAccounts = joined.ServiceAccounts.Union(other.ServiceAccounts).ToEquatableArray(),
            };
        }

        return joined;
    }
}
