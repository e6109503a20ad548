namespace Lateen.Proxy.Clusters;

/// <summary>The hosts of a cluster at one version, sorted for load balancing. Immutable; made off the event loops.</summary>
/// <remarks>
/// Envoy, "Priority levels", "Panic threshold": availability of a priority is min(100, 140 * healthy / total); loads fill up to 100 in order of priority.
/// A priority in panic serves from all its hosts.
/// </remarks>
internal sealed class HostSet
{
    public static readonly HostSet Empty = new([], [], 0);

    private const int OverprovisioningPercent = 140;

    private HostSet(Host[] all, HostLevel[] levels, int totalLoad)
    {
        All = all;
        Levels = levels;
        TotalLoad = totalLoad;
    }

    public Host[] All { get; }

    /// <summary>Priorities that take load, the first being the most wanted.</summary>
    public HostLevel[] Levels { get; }

    /// <summary>Sum of the levels' loads; 0 when there is nobody to send to.</summary>
    public int TotalLoad { get; }

    public static HostSet Build(Host[] hosts, ClusterConfig config)
    {
        if (hosts.Length == 0)
        {
            return Empty;
        }
        List<(Host[] All, Host[] Healthy, Host[] Degraded)> priorities = [.. hosts
            .GroupBy(h => h.Config.Priority)
            .OrderBy(g => g.Key)
            .Select(g => (
                g.ToArray(),
                g.Where(h => h.Config.Health == HostHealth.Healthy).ToArray(),
                g.Where(h => h.Config.Health == HostHealth.Degraded).ToArray()))];
        int[] availability = [.. priorities.Select(p => Math.Min(100, OverprovisioningPercent * p.Healthy.Length / p.All.Length))];
        int total = Math.Min(100, availability.Sum());
        List<HostLevel> levels = [];
        if (total == 0)
        {
            AddFallback(levels, priorities, config);
        }
        else
        {
            int rest = 100;
            for (int i = 0; i < priorities.Count; i++)
            {
                int load = Math.Min(rest, availability[i] * 100 / total);
                rest -= load;
                if (load > 0)
                {
                    bool panic = total < 100 && 100 * priorities[i].Healthy.Length / priorities[i].All.Length < config.PanicThreshold;
                    levels.Add(new HostLevel(load, panic, Group(panic ? priorities[i].All : priorities[i].Healthy, priorities[i].All, config)));
                }
            }
            if (rest > 0 && levels.Count > 0)
            {
                levels[0] = levels[0] with { Load = levels[0].Load + rest };
            }
        }
        return new HostSet(hosts, [.. levels], levels.Sum(l => l.Load));
    }

    // Nobody healthy: degraded hosts first, then everybody if panic is allowed at all.
    private static void AddFallback(
        List<HostLevel> levels, List<(Host[] All, Host[] Healthy, Host[] Degraded)> priorities, ClusterConfig config)
    {
        foreach ((Host[] all, _, Host[] degraded) in priorities)
        {
            if (degraded.Length > 0)
            {
                levels.Add(new HostLevel(100, false, Group(degraded, all, config)));
                return;
            }
        }
        if (config.PanicThreshold > 0)
        {
            foreach ((Host[] all, _, _) in priorities)
            {
                levels.Add(new HostLevel(all.Length, true, Group(all, all, config)));
            }
        }
    }

    private static HostGroup[] Group(Host[] usable, Host[] all, ClusterConfig config)
    {
        if (!config.LocalityWeighted)
        {
            return [new HostGroup(1, usable)];
        }
        HostGroup[] groups = [.. usable
            .GroupBy(h => h.Config.Locality)
            .Where(g => g.Key.Weight > 0)
            .Select(g => new HostGroup(
                g.Key.Weight * Math.Min(1, 1.4 * g.Count() / all.Count(h => h.Config.Locality == g.Key)), [.. g]))];
        return groups.Length == 0 ? [new HostGroup(1, usable)] : groups;
    }
}

/// <summary>A priority that takes load.</summary>
internal sealed record HostLevel(int Load, bool IsPanic, HostGroup[] Groups);

/// <summary>Hosts chosen among by the policy: a locality, or all of a priority.</summary>
internal sealed record HostGroup(double Weight, Host[] Hosts);
