using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Hosts by hash: a ring or a Maglev table. Immutable; one per level of a <see cref="HostSet"/>, shared by all threads.</summary>
internal abstract class HashTable
{
    /// <summary>The host of a hash; attempts after the first give others in a fixed order, so that a retry can leave a host that failed.</summary>
    public abstract Host Find(ulong hash, int attempt);

    public static HashTable Create(ClusterConfig config, HostGroup[] groups)
    {
        WeightedHost[] hosts = Weigh(config, groups);
        return config.Policy == LoadBalancingPolicy.Maglev
            ? new MaglevTable(hosts, config.MaglevTableSize)
            : new RingHashTable(hosts, config.MinimumRingSize, config.MaximumRingSize);
    }

    // Envoy: with locality weights a host's share is its locality's share times its own within the locality; no health factor.
    private static WeightedHost[] Weigh(ClusterConfig config, HostGroup[] groups)
    {
        double localities = groups.Sum(g => (double)g.ConfiguredWeight);
        List<WeightedHost> weighted = [];
        foreach (HostGroup group in groups)
        {
            double share = groups.Length == 1 ? 1 : group.ConfiguredWeight / localities;
            double own = group.Hosts.Sum(h => (double)h.Config.Weight);
            weighted.AddRange(group.Hosts.Select(h => new WeightedHost(h, KeyOf(config, h), share * h.Config.Weight / own)));
        }
        return [.. weighted];
    }

    private static string KeyOf(ClusterConfig config, Host host) => host.Config.HashKey is { Length: > 0 } key ? key
        : config.HashesHostnames && host.Config.Hostname.Length > 0 ? host.Config.Hostname
        : host.Address.ToString();
}

/// <summary>A host with the key it is found by and its share of all (the shares sum to 1).</summary>
internal readonly record struct WeightedHost(Host Host, string Key, double Share);
