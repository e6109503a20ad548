using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Endpoints;

/// <summary>Orders localities by how near they are to the proxy, so that traffic leaves the nearest only when it fails.</summary>
/// <remarks>Istio, "Locality Load Balancing": failover needs outlier detection, else nothing would ever count as failed.</remarks>
internal static class LocalityPriorities
{
    private const int OtherRegion = 3;
    private const int Excluded = 4;

    public static List<LocalityGroup> Apply(List<LocalityGroup> groups, ProxyNode proxy, LocalityLoadBalancer settings)
    {
        if (!settings.FailoverPriority.IsEmpty)
        {
            groups = ByLabels(groups, proxy, settings.FailoverPriority);
            if (settings.Failover.IsEmpty)
            {
                Compact(groups);
                return groups;
            }

            // Both given: labels come first, regions decide among equals.
            foreach (var group in groups)
            {
                group.Priority = (group.Priority * (Excluded + 1)) + Distance(proxy.Locality, group.Locality, settings.Failover);
            }
        }
        else
        {
            foreach (var group in groups)
            {
                group.Priority = Distance(proxy.Locality, group.Locality, settings.Failover);
            }
        }

        Compact(groups);
        return groups;
    }

    /// <summary>The priority by labels: the earlier the first one that differs, the later the endpoint is used.</summary>
    public static int ByLabels(EquatableArray<string> priorityLabels, Func<string, string?> proxy, Func<string, string?> endpoint)
    {
        for (var i = 0; i < priorityLabels.Count; i++)
        {
            var equals = priorityLabels[i].IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? priorityLabels[i] : priorityLabels[i][..equals];
            var wanted = equals < 0 ? proxy(key) : priorityLabels[i][(equals + 1)..];
            if ((wanted ?? "") != (endpoint(key) ?? ""))
            {
                return priorityLabels.Count - i;
            }
        }

        return 0;
    }

    private static List<LocalityGroup> ByLabels(List<LocalityGroup> groups, ProxyNode proxy, EquatableArray<string> priorityLabels)
    {
        var result = new List<LocalityGroup>();
        foreach (var group in groups)
        {
            var byPriority = new SortedDictionary<int, LocalityGroup>();
            foreach (var member in group.Members)
            {
                var priority = ByLabels(
                    priorityLabels, key => EndpointLabels.Find(proxy, key), key => EndpointLabels.Find(member.Source, key));
                if (!byPriority.TryGetValue(priority, out var part))
                {
                    byPriority[priority] = part = new LocalityGroup(group.Locality) { Priority = priority };
                }

                part.Members.Add(member);
            }

            result.AddRange(byPriority.Values);
        }

        return result;
    }

    private static int Distance(Locality proxy, Locality endpoint, EquatableArray<LocalityFailover> failover)
    {
        if (proxy.Region == endpoint.Region)
        {
            return proxy.Zone != endpoint.Zone ? 2 : proxy.Subzone != endpoint.Subzone ? 1 : 0;
        }

        foreach (var rule in failover)
        {
            if (rule.From == proxy.Region)
            {
                return rule.To == endpoint.Region ? OtherRegion : Excluded;
            }
        }

        return OtherRegion;
    }

    /// <summary>Envoy wants priorities without gaps.</summary>
    private static void Compact(List<LocalityGroup> groups)
    {
        var next = 0;
        foreach (var same in groups.GroupBy(g => g.Priority).OrderBy(g => g.Key).ToList())
        {
            foreach (var group in same)
            {
                group.Priority = next;
            }

            next++;
        }
    }
}
