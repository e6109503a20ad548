using System.Net;
using Lateen.Model.Mesh;

namespace Lateen.Model.Networks;

/// <summary>Which network an address is in.</summary>
public sealed class NetworkMap
{
    private readonly List<(IPNetwork Range, string Network)> _ranges = [];
    private readonly Dictionary<string, string> _byRegistry = [];
    private readonly string _ofCluster;

    /// <param name="ofCluster">The network that the cluster says of itself: the label of its system namespace; empty for none.</param>
    public NetworkMap(EquatableArray<MeshNetwork> networks, string ofCluster)
    {
        _ofCluster = ofCluster;
        foreach (var network in networks)
        {
            foreach (var member in network.Endpoints)
            {
                if (member.FromRegistry is { Length: > 0 } registry)
                {
                    _byRegistry.TryAdd(registry, network.Id);
                }
                else if (IPNetwork.TryParse(member.FromCidr, out var range))
                {
                    _ranges.Add((range, network.Id));
                }
            }
        }

        // The narrowest range that holds an address says where it is.
        _ranges.Sort((a, b) => b.Range.PrefixLength.CompareTo(a.Range.PrefixLength));
    }

    /// <summary>The network of an address: its workload's label, then its cluster's, then the configuration's ranges and registries.</summary>
    public string Of(string address, EquatableMap<string, string> labels, string cluster)
    {
        if (labels.Find(NetworkGateways.NetworkLabel) is { Length: > 0 } own)
        {
            return own;
        }

        if (_ofCluster.Length > 0)
        {
            return _ofCluster;
        }

        if (_ranges.Count > 0 && IPAddress.TryParse(address, out var ip))
        {
            foreach (var (range, network) in _ranges)
            {
                if (range.Contains(ip))
                {
                    return network;
                }
            }
        }

        return _byRegistry.GetValueOrDefault(cluster, "");
    }
}
