using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>Which namespaces the control plane attends to (MeshConfig.discoverySelectors), and the objects of the others, kept until theirs is chosen.</summary>
/// <remarks>
/// Without selectors every namespace is chosen, known or not. With them one is chosen when any selector matches its labels; the root
/// namespace is no exception.
/// </remarks>
internal sealed class NamespaceScope
{
    private readonly Dictionary<string, Dictionary<(Type Kind, string Name), Action<MeshState>>> _parked = [];
    private HashSet<string>? _selected;

    public bool Selects(string ns) => _selected?.Contains(ns) != false;

    /// <summary>Keeps an object of a namespace that is not chosen; false, and nothing done, for one of the others.</summary>
    public bool Parks(string ns, Type kind, string name, Action<MeshState> upsert)
    {
        if (Selects(ns))
        {
            return false;
        }

        (_parked.TryGetValue(ns, out var objects) ? objects : _parked[ns] = [])[(kind, name)] = upsert;
        return true;
    }

    /// <summary>An object is gone.</summary>
    public void Forget(string ns, Type kind, string name)
    {
        if (_parked.TryGetValue(ns, out var objects) && objects.Remove((kind, name)) && objects.Count == 0)
        {
            _parked.Remove(ns);
        }
    }

    /// <summary>Takes the selectors and namespaces as they are now.</summary>
    /// <returns>Whether other namespaces are chosen than before.</returns>
    public bool Update(EquatableArray<LabelSelector> selectors, IEnumerable<MeshNamespace> namespaces)
    {
        if (selectors.IsEmpty && _selected is null)
        {
            return false;
        }

        HashSet<string>? next = selectors.IsEmpty
            ? null
            : [.. namespaces.Where(ns => selectors.Any(selector => selector.Matches(ns.Labels))).Select(ns => ns.Name)];
        var changed = next is null || _selected is null || !next.SetEquals(_selected);
        _selected = next;
        return changed;
    }

    /// <summary>What is no longer attended to goes as if it were deleted, and is kept here; what is by now comes as if it were new.</summary>
    public void Apply(MeshState state, MeshObjects objects)
    {
        foreach (var service in objects.Services.Values.Where(service => !Selects(service.Namespace)).ToList())
        {
            state.DeleteService(new ObjectKey(service.Namespace, service.Name));
            state.Upsert(service);
        }

        foreach (var slice in objects.Endpoints.Slices.Where(slice => !Selects(slice.Namespace)).ToList())
        {
            state.DeleteSlice(new ObjectKey(slice.Namespace, slice.Name));
            state.Upsert(slice);
        }

        foreach (var pod in objects.Pods.All.Where(pod => !Selects(pod.Namespace)).ToList())
        {
            state.DeletePod(new ObjectKey(pod.Namespace, pod.Name));
            state.Upsert(pod);
        }

        foreach (var resource in objects.Resources.All.Where(resource => !Selects(resource.Meta.Namespace)).ToList())
        {
            state.DeleteResource(resource.Name);
            state.Upsert(resource.Meta, resource.InForce, resource.Problems);
        }

        var chosen = _parked.Keys.Where(Selects).ToList();
        var unparked = chosen.SelectMany(ns => _parked[ns].Values).ToList();
        chosen.ForEach(ns => _parked.Remove(ns));
        unparked.ForEach(upsert => upsert(state));
    }
}
