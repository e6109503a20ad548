using System.Collections.Immutable;
using Lateen.Config;
using Lateen.Config.Snapshots;

namespace Lateen.ControlPlane.Status;

/// <summary>Remembers since which version of the mesh each object is what it is, and makes the report of one replica of it. Not thread-safe.</summary>
internal sealed class DistributionTracker
{
    private readonly Dictionary<ResourceName, (long Generation, long Since)> _known = [];
    private ImmutableSortedDictionary<string, ulong> _seen = DistributionReport.Empty.Seen;

    /// <summary>Takes all objects as they are in a version of the mesh.</summary>
    public void Take(ImmutableArray<ResourceState> resources, long version)
    {
        var seen = DistributionReport.Empty.Seen.ToBuilder();
        var names = new HashSet<ResourceName>(resources.Length);
        foreach (var resource in resources)
        {
            names.Add(resource.Name);
            seen[resource.Meta.Kind] = Math.Max(seen.GetValueOrDefault(resource.Meta.Kind), DistributionReport.Version(resource.Meta.ResourceVersion));
            if (!_known.TryGetValue(resource.Name, out var known) || known.Generation != resource.Meta.Generation)
            {
                _known[resource.Name] = (resource.Meta.Generation, version);
            }
        }

        foreach (var gone in _known.Keys.Where(name => !names.Contains(name)).ToList())
        {
            _known.Remove(gone);
        }

        _seen = seen.ToImmutable();
    }

    /// <summary>The report for proxies that are at these versions of the mesh.</summary>
    public DistributionReport Report(AppliedMarks applied)
    {
        var behind = _known
            .Select(entry => (Key: DistributionReport.Key(entry.Key), Count: applied.Since(entry.Value.Since)))
            .Where(entry => !entry.Count.IsComplete)
            .Take(DistributionReport.MaxBehind + 1)
            .ToList();
        return new DistributionReport(
            applied.Total,
            _seen,
            behind.Take(DistributionReport.MaxBehind).ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Count.Applied, StringComparer.Ordinal),
            behind.Count <= DistributionReport.MaxBehind);
    }
}
