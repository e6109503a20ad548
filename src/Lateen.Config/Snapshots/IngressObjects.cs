using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Ingresses;

namespace Lateen.Config.Snapshots;

/// <summary>Ingresses and their classes as the source told them, and the resources that they stand for.</summary>
/// <remarks>Owned by the writer of <see cref="MeshState"/>.</remarks>
public sealed class IngressObjects
{
    private readonly Dictionary<ObjectKey, Ingress> _ingresses = [];
    private readonly Dictionary<string, IngressClass> _classes = [];
    private readonly Func<string, bool> _isFollowed;
    private IngressConversion.Result _converted = IngressConversion.Result.Empty;
    private bool _problemsChanged;

    /// <param name="isFollowed">Whether the control plane attends to a namespace.</param>
    internal IngressObjects(Func<string, bool> isFollowed) => _isFollowed = isFollowed;

    /// <summary>Whether the resources have to be made anew.</summary>
    internal bool HasChanges { get; private set; }

    public void Upsert(Ingress ingress)
    {
        var key = new ObjectKey(ingress.Meta.Namespace, ingress.Meta.Name);
        if (!_ingresses.TryGetValue(key, out var known) || known != ingress)
        {
            _ingresses[key] = ingress;
            HasChanges = true;
        }
    }

    public void Upsert(IngressClass value)
    {
        if (!_classes.TryGetValue(value.Name, out var known) || known != value)
        {
            _classes[value.Name] = value;
            Touch();
        }
    }

    public void Delete(ObjectKey key) => HasChanges |= _ingresses.Remove(key);

    public void DeleteClass(string name)
    {
        if (_classes.Remove(name))
        {
            Touch();
        }
    }

    /// <summary>The Ingresses that are this mesh's to serve, as of the last snapshot.</summary>
    public EquatableArray<ObjectKey> Served { get; private set; }

    /// <summary>What of them can not be honoured, when that changed since the last call; null otherwise.</summary>
    public EquatableArray<ModelProblem>? TakeProblems()
    {
        if (!_problemsChanged)
        {
            return null;
        }

        _problemsChanged = false;
        return _converted.Problems;
    }

    /// <summary>Something changed that Ingresses depend on.</summary>
    internal void Touch() => HasChanges |= _ingresses.Count > 0;

    /// <summary>What the served Ingresses stand for now; what did not change is the same object as before.</summary>
    internal EquatableArray<IIstioConfig> Convert(IngressSurroundings around)
    {
        if (!HasChanges)
        {
            return _converted.Configs;
        }

        HasChanges = false;
        var known = _converted.Configs.ToDictionary(config => (config.Meta.Kind, config.Meta.Namespace, config.Meta.Name));
        var served = _ingresses.Values.Where(ingress => _isFollowed(ingress.Meta.Namespace) && IngressSelection.IsServed(ingress, around.Mesh, _classes.GetValueOrDefault)).ToList();
        var next = IngressConversion.Convert(served, around);
        Served = served.Select(ingress => new ObjectKey(ingress.Meta.Namespace, ingress.Meta.Name)).ToEquatableArray();
        _problemsChanged |= next.Problems != _converted.Problems;
        _converted = next with
        {
            Configs = next.Configs
                .Select(config => known.TryGetValue((config.Meta.Kind, config.Meta.Namespace, config.Meta.Name), out var same) && same.Equals(config) ? same : config)
                .ToEquatableArray(),
        };
        return _converted.Configs;
    }
}
