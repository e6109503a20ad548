using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>What another version of a pod says that the one before did not.</summary>
internal enum PodChange
{
    None,

    /// <summary>Readiness alone, which the pod's slice tells as well.</summary>
    Readiness,

    /// <summary>Anything else; also that the pod came or went.</summary>
    Content,
}

/// <summary>The pods, and those that changed since the last snapshot.</summary>
internal sealed class PodTable
{
    private readonly Dictionary<ObjectKey, Workload> _pods = [];
    private readonly Dictionary<ObjectKey, (Workload? Old, Workload? New)> _changed = [];

    public IReadOnlyCollection<Workload> All => _pods.Values;

    public bool HasChanges => _changed.Count > 0;

    public Workload? Find(ObjectKey key) => _pods.GetValueOrDefault(key);

    /// <summary>The pods in an order of their own, so that the same pods make the same endpoints whatever happened before.</summary>
    public EquatableArray<Workload> InOrder() => _pods
        .OrderBy(entry => entry.Key.Namespace, StringComparer.Ordinal)
        .ThenBy(entry => entry.Key.Name, StringComparer.Ordinal)
        .Select(entry => entry.Value)
        .ToEquatableArray();

    /// <summary>Takes the newest version of a pod; null when it is gone.</summary>
    public PodChange Set(ObjectKey key, Workload? pod)
    {
        var known = Find(key);
        if (known == pod)
        {
            return PodChange.None;
        }

        if (pod is null)
        {
            _pods.Remove(key);
        }
        else
        {
            _pods[key] = pod;
        }

        if (known is not null && pod is not null && known with { Ready = pod.Ready } == pod)
        {
            return PodChange.Readiness;
        }

        _changed[key] = (_changed.TryGetValue(key, out var pending) ? pending.Old : known, pod);
        return PodChange.Content;
    }

    /// <summary>The pods that changed in more than readiness since the last call: as they were in the last snapshot and as they are now.</summary>
    public IReadOnlyList<(Workload? Old, Workload? New)> TakeChanged()
    {
        var changed = _changed.Values.ToList();
        _changed.Clear();
        return changed;
    }
}
