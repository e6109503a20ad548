using Lateen.Proxy.LoadBalancing;

namespace Lateen.Proxy.Clusters;

/// <summary>The hosts of a cluster at one moment, sorted for load balancing. Immutable; made anew when endpoints or their health change.</summary>
/// <remarks>
/// Envoy, "Priority levels", "Degraded endpoints", "Panic threshold": availability of a priority is min(100, factor * healthy / total) with a factor
/// of 140 unless the assignment says otherwise; loads fill up to 100 in order of priority, healthy hosts before degraded ones. A priority in panic
/// serves from all its hosts.
/// </remarks>
internal sealed class HostSet
{
    public static readonly HostSet Empty = new([], [], 0);

    private HostSet(Host[] all, HostLevel[] levels, int totalLoad)
    {
        All = all;
        Levels = levels;
        TotalLoad = totalLoad;
    }

    public Host[] All { get; }

    /// <summary>Priorities (and their degraded parts) that take load, the first being the most wanted.</summary>
    public HostLevel[] Levels { get; }

    /// <summary>Sum of the levels' loads; 0 when there is nobody to send to.</summary>
    public int TotalLoad { get; }

    public static HostSet Build(Host[] hosts, ClusterConfig config, int overprovisioning = 140)
    {
        if (hosts.Length == 0)
        {
            return Empty;
        }
        Priority[] priorities = [.. hosts.GroupBy(h => h.Config.Priority).OrderBy(g => g.Key).Select(g => new Priority([.. g], overprovisioning))];
        int total = Math.Min(100, priorities.Sum(p => p.HealthyPart + p.DegradedPart));
        foreach (Priority priority in priorities)
        {
            priority.IsPanic = total < 100 && priority.UsablePercent < config.PanicThreshold;
        }
        List<HostLevel> levels = Array.TrueForAll(priorities, p => p.IsPanic)
            ? [.. priorities.Select(p => new HostLevel(p.All.Length, true, Group(p.All, p.All, config)))]
            : Fill(priorities, total, config);
        return new HostSet(hosts, [.. levels], levels.Sum(l => l.Load));
    }

    private static List<HostLevel> Fill(Priority[] priorities, int total, ClusterConfig config)
    {
        List<HostLevel> levels = [];
        int rest = total == 0 ? 0 : 100;
        foreach (bool degraded in (bool[])[false, true])
        {
            foreach (Priority priority in priorities)
            {
                int load = Math.Min(rest, (degraded ? priority.DegradedPart : priority.HealthyPart) * 100 / Math.Max(total, 1));
                rest -= load;
                if (load > 0)
                {
                    Host[] usable = priority.IsPanic ? priority.All : degraded ? priority.Degraded : priority.Healthy;
                    levels.Add(new HostLevel(load, priority.IsPanic, Group(usable, priority.All, config)));
                }
            }
        }
        if (rest > 0 && levels.Count > 0)
        {
            // What rounding left over.
            levels[0].Load += rest;
        }
        return levels;
    }

    private static HostGroup[] Group(Host[] usable, Host[] all, ClusterConfig config)
    {
        if (!config.LocalityWeighted)
        {
            return [new HostGroup(1, 1, usable)];
        }
        Dictionary<Locality, int> sizes = [];
        foreach (Host host in all)
        {
            sizes[host.Config.Locality] = sizes.GetValueOrDefault(host.Config.Locality) + 1;
        }
        HostGroup[] groups = [.. usable
            .GroupBy(h => h.Config.Locality)
            .Where(g => g.Key.Weight > 0)
            .Select(g => new HostGroup(g.Key.Weight * Math.Min(1, 1.4 * g.Count() / sizes[g.Key]), g.Key.Weight, [.. g]))];
        return groups.Length == 0 ? [new HostGroup(1, 1, usable)] : groups;
    }

    private sealed class Priority(Host[] all, int overprovisioning)
    {
        public Host[] All => all;

        public Host[] Healthy { get; } = Array.FindAll(all, h => h.Health == HostHealth.Healthy);

        public Host[] Degraded { get; } = Array.FindAll(all, h => h.Health == HostHealth.Degraded);

        public int HealthyPart => Math.Min(100, overprovisioning * Healthy.Length / all.Length);

        public int DegradedPart => Math.Min(100, overprovisioning * Degraded.Length / all.Length);

        public int UsablePercent => (100 * Healthy.Length / all.Length) + (100 * Degraded.Length / all.Length);

        public bool IsPanic { get; set; }
    }
}

/// <summary>Hosts that take a part of the load: a priority's healthy ones, its degraded ones, or in panic all.</summary>
internal sealed class HostLevel(int load, bool isPanic, HostGroup[] groups)
{
    private HashTable? _table;

    /// <summary>Changes only while its set is being built.</summary>
    public int Load { get; set; } = load;

    public bool IsPanic => isPanic;

    public HostGroup[] Groups => groups;

    /// <summary>The table of the hash policies, made when first asked for; two threads that ask at once make the same.</summary>
    public HashTable Table(ClusterConfig config) => _table ??= HashTable.Create(config, groups);
}

/// <summary>Hosts chosen among by the policy: a locality, or all of a priority.</summary>
/// <param name="Weight">Share of the load: the configured weight lessened by missing health.</param>
/// <param name="ConfiguredWeight">load_balancing_weight of the locality.</param>
/// <param name="Hosts">At least one.</param>
internal sealed record HostGroup(double Weight, uint ConfiguredWeight, Host[] Hosts);
