using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Endpoints;

/// <summary>Shares traffic among localities as `distribute` says for the proxy's own.</summary>
internal static class LocalityWeights
{
    public static void Apply(List<LocalityGroup> groups, ProxyNode proxy, EquatableArray<LocalityDistribution> distribute)
    {
        var rule = distribute.FirstOrDefault(d => Matches(proxy.Locality, d.From));
        if (rule is null)
        {
            return;
        }

        var left = new HashSet<LocalityGroup>(groups);
        foreach (var (pattern, share) in rule.To)
        {
            var matching = groups.Where(g => left.Contains(g) && Matches(g.Locality, pattern)).ToList();
            var total = matching.Sum(g => (double)g.TotalWeight);
            foreach (var group in matching)
            {
                left.Remove(group);

                // Localities under one pattern divide its share by what they have.
                group.Weight = total > 0 ? (uint)Math.Ceiling(group.TotalWeight * share / total) : 0;
            }
        }

        // What no pattern names gets nothing.
        foreach (var group in left)
        {
            group.Members.Clear();
            group.Weight = 0;
        }
    }

    /// <summary>Whether a locality is under a pattern: `*`, `region`, `region/*`, `region/zone`, `region/zone/*`, `region/zone/subzone`.</summary>
    public static bool Matches(Locality locality, string pattern)
    {
        var parts = pattern.Split('/');
        if (parts[0] == "*")
        {
            return true;
        }

        if (parts[0] != locality.Region)
        {
            return false;
        }

        if (parts.Length == 1 || parts[1] is "*" or "")
        {
            return true;
        }

        return parts[1] == locality.Zone && (parts.Length == 2 || parts[2] is "*" or "" || parts[2] == locality.Subzone);
    }
}
