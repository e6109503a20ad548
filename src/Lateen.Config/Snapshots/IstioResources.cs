using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Snapshots;

/// <summary>Every Istio resource: its newest version, and the one in force, which is the last good one.</summary>
internal sealed class IstioResources
{
    private readonly Dictionary<ResourceName, ResourceState> _resources = [];
    private readonly HashSet<ResourceName> _podSelecting = [];
    private bool _changed;

    /// <summary>Quarantined ones included.</summary>
    public IReadOnlyCollection<ResourceState> All => _resources.Values;

    /// <summary>What is served.</summary>
    public IEnumerable<IIstioConfig> InForce => _resources.Values.Select(resource => resource.InForce).OfType<IIstioConfig>();

    /// <summary>The version of a resource that is served; null when there is none.</summary>
    public IIstioConfig? Find(ResourceName name) => _resources.GetValueOrDefault(name)?.InForce;

    /// <summary>A ServiceEntry in force selects pods: then a pod is an endpoint of it.</summary>
    public bool SelectPods => _podSelecting.Count > 0;

    /// <summary>All of them when one changed since the last call, in force or not; null otherwise.</summary>
    public ImmutableArray<ResourceState>? TakeChanged()
    {
        if (!_changed)
        {
            return null;
        }

        _changed = false;
        return [.. _resources.Values];
    }

    /// <summary>Takes the newest version of a resource; one with errors is kept out and the last good one stays in force.</summary>
    /// <param name="newest">The newest version; <see cref="ResourceState.InForce"/> is what would be served if nothing is wrong with it.</param>
    /// <param name="version">Of the snapshot that will be the first with it.</param>
    /// <returns>Whether something else is in force than before.</returns>
    public bool Upsert(ResourceState newest, long version)
    {
        _changed = true;
        var known = _resources.GetValueOrDefault(newest.Name);
        var next = newest.IsQuarantined || newest.InForce is null ? known?.InForce : newest.InForce;
        if (MeshChanges.SameContent(known?.InForce, next))
        {
            // Only the status or the resource version is another: what is served stays the same object.
            _resources[newest.Name] = newest with { InForce = known?.InForce, Since = known?.Since ?? 0 };
            return false;
        }

        _resources[newest.Name] = newest with { InForce = next, Since = version };
        NotePodSelection(newest.Name, next);
        return true;
    }

    /// <returns>Whether it was in force.</returns>
    public bool Delete(ResourceName name)
    {
        if (!_resources.Remove(name, out var known))
        {
            return false;
        }

        _changed = true;
        NotePodSelection(name, null);
        return known.InForce is not null;
    }

    private void NotePodSelection(ResourceName name, IIstioConfig? inForce)
    {
        if (inForce is ServiceEntryConfig { WorkloadSelector.MatchLabels.IsEmpty: false })
        {
            _podSelecting.Add(name);
        }
        else
        {
            _podSelecting.Remove(name);
        }
    }
}
