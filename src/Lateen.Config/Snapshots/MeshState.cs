using System.Collections.Immutable;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Networks;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>Everything that the sources told, and what of it changed since the last snapshot.</summary>
/// <remarks>
/// Owned by one writer: no method may be called concurrently with another. Objects are compared by value, so that a resync that changes
/// nothing costs nothing. A change of endpoints replaces one shard of the snapshot, one of a pod its entry; everything else builds the
/// index anew, out of the parts of the index before that did not change.
/// </remarks>
public sealed class MeshState
{
    private readonly string _domain;
    private readonly string _clusterId;
    private readonly Dictionary<ObjectKey, Service> _services = [];
    private readonly Dictionary<ObjectKey, Workload> _pods = [];
    private readonly Dictionary<string, MeshNamespace> _namespaces = [];
    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Dictionary<ResourceName, ResourceState> _resources = [];
    private readonly EndpointSlices _slices = new();
    private readonly Dictionary<ObjectKey, EndpointShard> _shards = [];
    private readonly HashSet<ObjectKey> _changedEndpoints = [];
    private readonly Dictionary<ObjectKey, (Workload? Old, Workload? New)> _changedPods = [];
    private readonly HashSet<ResourceName> _podSelecting = [];
    private readonly NamespaceScope _scope = new();
    private readonly InputLists _lists = new();
    private readonly ClusterNetworks _networks;
    private MeshConfig _mesh = MeshConfig.Default;
    private EquatableMap<string, string> _keySets = EquatableMap<string, string>.Empty;
    private ControlPlaneSettings _settings;
    private MeshSnapshot _snapshot = MeshSnapshot.Empty;
    private bool _rebuild = true;
    private bool _resourcesChanged;
    private long _version;

    /// <param name="domain">DNS suffix of the cluster.</param>
    public MeshState(string domain, string clusterId, ControlPlaneSettings settings)
    {
        (_domain, _clusterId, _settings, Ingresses) = (domain, clusterId, settings, new IngressObjects(_scope.Selects));
        _networks = new ClusterNetworks(clusterId);
    }

    /// <summary>Every Istio resource, quarantined ones included.</summary>
    public IReadOnlyCollection<ResourceState> Resources => _resources.Values;

    /// <summary>Every Istio resource when one of them changed since the last call, in force or not; null otherwise.</summary>
    public ImmutableArray<ResourceState>? TakeChangedResources()
    {
        if (!_resourcesChanged)
        {
            return null;
        }

        _resourcesChanged = false;
        return [.. _resources.Values];
    }

    public MeshConfig Mesh => _mesh;

    /// <summary>The Ingresses; what they stand for is served like the Istio resources.</summary>
    public IngressObjects Ingresses { get; }

    /// <summary>Whether something changed since the last <see cref="Build"/>.</summary>
    public bool HasChanges => _rebuild || Ingresses.HasChanges || _changedEndpoints.Count > 0 || _changedPods.Count > 0;

    /// <summary>The pod of that namespace and name; null when there is none.</summary>
    public Workload? FindPod(string ns, string name) => _pods.GetValueOrDefault(new ObjectKey(ns, name));

    public Locality LocalityOf(Workload pod) =>
        !pod.Locality.IsNone ? pod.Locality : _nodes.GetValueOrDefault(pod.NodeName)?.Locality ?? Locality.None;

    public void SetMesh(MeshConfig mesh)
    {
        if (_mesh == mesh)
        {
            return;
        }

        // The trust domain is part of every endpoint's identity.
        if (_mesh.TrustDomain != mesh.TrustDomain)
        {
            _changedEndpoints.UnionWith(_slices.Services);
        }

        _mesh = mesh;
        ClusterNetworkChanged();
        Ingresses.Touch();
        _rebuild = true;
        ScopeChanged();
    }

    /// <summary>Takes the JSON Web Key Sets that were fetched, by <see cref="Model.Policies.JwtRule.KeySource"/>.</summary>
    public void SetKeySets(EquatableMap<string, string> keySets)
    {
        if (!_keySets.Equals(keySets))
        {
            _keySets = keySets;
            _rebuild = true;
        }
    }

    /// <summary>Takes the networks of the mesh; which endpoint is in which follows from them.</summary>
    public void SetNetworks(EquatableArray<MeshNetwork> networks)
    {
        if (_networks.Set(networks))
        {
            NetworksChanged();
        }
    }

    /// <summary>The network of an address of this cluster.</summary>
    public string NetworkOf(string address, EquatableMap<string, string> labels) => _networks.Of(address, labels);

    public void Upsert(Service service)
    {
        var key = new ObjectKey(service.Namespace, service.Name);
        if (_scope.Parks(service.Namespace, typeof(Service), service.Name, state => state.Upsert(service))
            || (_services.TryGetValue(key, out var known) && MeshChanges.SameService(known, service)))
        {
            return;
        }

        _services[key] = service;
        ServiceChanged(key);
    }

    public void DeleteService(ObjectKey key)
    {
        _scope.Forget(key.Namespace, typeof(Service), key.Name);
        if (_services.Remove(key))
        {
            ServiceChanged(key);
        }
    }

    public void Upsert(EndpointSlice slice)
    {
        if (!_scope.Parks(slice.Namespace, typeof(EndpointSlice), slice.Name, state => state.Upsert(slice)))
        {
            _changedEndpoints.UnionWith(_slices.Upsert(slice));
        }
    }

    public void DeleteSlice(ObjectKey key)
    {
        _scope.Forget(key.Namespace, typeof(EndpointSlice), key.Name);
        _changedEndpoints.UnionWith(_slices.Delete(key));
    }

    public void Upsert(Workload pod)
    {
        var key = new ObjectKey(pod.Namespace, pod.Name);
        if (_scope.Parks(pod.Namespace, typeof(Workload), pod.Name, state => state.Upsert(pod))
            || (_pods.TryGetValue(key, out var known) && known == pod))
        {
            return;
        }

        _pods[key] = pod;
        PodChanged(key, known, pod);
    }

    public void DeletePod(ObjectKey key)
    {
        _scope.Forget(key.Namespace, typeof(Workload), key.Name);
        if (_pods.Remove(key, out var known))
        {
            PodChanged(key, known, null);
        }
    }

    public void Upsert(MeshNamespace ns)
    {
        if (!_namespaces.TryGetValue(ns.Name, out var known) || known != ns)
        {
            _namespaces[ns.Name] = ns;
            NamespacesChanged();
            ScopeChanged();
            ClusterNetworkChanged();
        }
    }

    public void DeleteNamespace(string name)
    {
        if (_namespaces.Remove(name))
        {
            NamespacesChanged();
            ScopeChanged();
            ClusterNetworkChanged();
        }
    }

    public void Upsert(Node node)
    {
        if (_nodes.TryGetValue(node.Name, out var known) && known == node)
        {
            return;
        }

        _nodes[node.Name] = node;
        if (known is null || known.Locality != node.Locality)
        {
            _changedEndpoints.UnionWith(_slices.Services);
        }

        // Heartbeats change a node every few seconds; only its labels and addresses were read.
        NodesChanged();
    }

    public void DeleteNode(string name)
    {
        if (_nodes.Remove(name, out var known))
        {
            if (!known.Locality.IsNone)
            {
                _changedEndpoints.UnionWith(_slices.Services);
            }

            NodesChanged();
        }
    }

    /// <summary>Takes the newest version of an Istio resource; one with errors is kept out and the last good one stays in force.</summary>
    public void Upsert(ConfigMeta meta, IIstioConfig? config, EquatableArray<ConfigProblem> problems)
    {
        var name = new ResourceName(meta.Kind, meta.Namespace, meta.Name);
        if (_scope.Parks(meta.Namespace, typeof(IIstioConfig), $"{meta.Kind} {meta.Name}", state => state.Upsert(meta, config, problems)))
        {
            return;
        }

        _resources.TryGetValue(name, out var known);
        var wrong = config is null || problems.Any(problem => problem.Severity == ProblemSeverity.Error);
        var next = new ResourceState(meta, wrong ? known?.InForce : config, problems) { Since = known?.Since ?? 0 };
        _resources[name] = next;
        _resourcesChanged = true;
        if (!MeshChanges.SameContent(known?.InForce, next.InForce))
        {
            _resources[name] = next with { Since = _version + 1 };
            ConfigsChanged(name, next.InForce);
        }
        else if (next.InForce is not null)
        {
            // Only the status or the resource version is another: what is served stays the same object.
            _resources[name] = next with { InForce = known!.InForce };
        }
    }

    public void DeleteResource(ResourceName name)
    {
        _scope.Forget(name.Namespace, typeof(IIstioConfig), $"{name.Kind} {name.Name}");
        if (_resources.Remove(name, out var known))
        {
            _resourcesChanged = true;
            if (known.InForce is not null)
            {
                ConfigsChanged(name, null);
            }
        }
    }

    /// <summary>Builds the snapshot of what is known now.</summary>
    public MeshUpdate Build()
    {
        var before = _snapshot;
        var changed = BuildShards();
        var addresses = ChangedAddresses();
        _version++;
        foreach (var (old, @new) in _changedPods.Values)
        {
            _snapshot = _snapshot.WithWorkload(old, @new, _version);
        }

        if (Ingresses.HasChanges)
        {
            (_lists.Configs, _rebuild) = (null, true);
        }

        if (_rebuild)
        {
            _snapshot = _snapshot.Rebuild(Inputs(), _version);
        }
        else
        {
            foreach (var key in changed.Where(_services.ContainsKey))
            {
                _snapshot = _snapshot.WithEndpoints(_shards[key], _version);
            }
        }

        // A rebuild also changes endpoints that no slice told of: those of ServiceEntries.
        var endpoints = _rebuild ? _snapshot.Endpoints.Differences(before.Endpoints) : changed.Select(key => _shards[key].Service).ToHashSet();
        _changedPods.Clear();
        _rebuild = false;
        return new MeshUpdate(_snapshot, MeshChanges.ScopeOf(before, _snapshot), endpoints, addresses);
    }

    private void ClusterNetworkChanged()
    {
        if (_networks.SetOwn(_namespaces.GetValueOrDefault(_mesh.RootNamespace)))
        {
            NetworksChanged();
        }
    }

    private void NetworksChanged()
    {
        _changedEndpoints.UnionWith(_slices.Services);
        _rebuild = true;
    }

    private void ServiceChanged(ObjectKey key)
    {
        _changedEndpoints.Add(key);
        _lists.Services = null;
        _lists.Shards = null;

        // An Ingress may name a port of the service.
        Ingresses.Touch();
        _rebuild = true;
    }

    private void ScopeChanged()
    {
        if (_scope.Update(_mesh.DiscoverySelectors, _namespaces.Values))
        {
            _scope.Apply(this, [.. _services.Values], [.. _slices.All], [.. _pods.Values], [.. _resources.Values]);
            Ingresses.Touch();
        }
    }

    private void NamespacesChanged()
    {
        _lists.Namespaces = null;
        _rebuild = true;
    }

    private void NodesChanged()
    {
        _lists.Nodes = null;

        // NodePort services are reached at the addresses of machines.
        _lists.Services = _services.Values.Any(service => service.NodeSelector is not null) ? null : _lists.Services;
        _rebuild = true;
    }

    private void ConfigsChanged(ResourceName name, IIstioConfig? inForce)
    {
        if (inForce is ServiceEntryConfig { WorkloadSelector.MatchLabels.IsEmpty: false })
        {
            _podSelecting.Add(name);
        }
        else
        {
            _podSelecting.Remove(name);
        }

        _lists.Configs = null;
        _rebuild = true;
    }

    private void PodChanged(ObjectKey key, Workload? old, Workload? @new)
    {
        _lists.Pods = null;

        // Readiness alone is told by the slice.
        if (old is null || @new is null || old with { Ready = @new.Ready } != @new)
        {
            _changedPods[key] = (_changedPods.TryGetValue(key, out var pending) ? pending.Old : old, @new);
            _changedEndpoints.UnionWith(_slices.ServicesOf(key));
        }

        // A ServiceEntry may select pods: then a pod is an endpoint of it.
        _rebuild |= _podSelecting.Count > 0;
    }

    private int? FindPort(string ns, string service, string port) =>
        _services.TryGetValue(new ObjectKey(ns, service), out var found) ? found.Ports.FirstOrDefault(p => p.Name == port)?.Number : null;

    private HashSet<string> ChangedAddresses() =>
        _changedPods.Values.SelectMany(pair => (pair.Old?.Addresses ?? default).Concat((IEnumerable<string>)(pair.New?.Addresses ?? default))).ToHashSet();

    private List<ObjectKey> BuildShards()
    {
        var changed = new List<ObjectKey>();
        foreach (var key in _changedEndpoints)
        {
            var shard = EndpointShards.Build(key, _services.GetValueOrDefault(key), _slices.Of(key), this, _domain, _clusterId);
            if (!_shards.TryGetValue(key, out var known) || known != shard)
            {
                _shards[key] = shard;
                _lists.Shards = null;
                changed.Add(key);
            }
        }

        _changedEndpoints.Clear();
        return changed;
    }

    // What did not change is the same list as before: whoever compares sees it at once.
    private MeshInputs Inputs()
    {
        var services = _lists.Services ??= _services.Values.Select(service => NodePorts.WithAddresses(service, _nodes.Values, _clusterId)).ToEquatableArray();
        return new MeshInputs
        {
            Mesh = _mesh,
            KeySets = _keySets,
            Settings = _settings,
            Networks = _networks.All,
            ClusterNetwork = _networks.Own,
            ServiceGateways = NetworkGateways.OfServices(services, _networks.All, _clusterId),
            Services = services,
            Endpoints = _lists.Shards ??= _shards.Where(entry => _services.ContainsKey(entry.Key)).Select(entry => entry.Value).ToEquatableArray(),
            Workloads = _lists.Pods ??= InputLists.InOrder(_pods),
            Namespaces = _lists.Namespaces ??= _namespaces.Values.ToEquatableArray(),
            Nodes = _lists.Nodes ??= _nodes.Values.ToEquatableArray(),
            Configs = _lists.Configs ??= InputLists.InForce(_resources.Values).Concat(Ingresses.Convert(new(_mesh, _domain, _settings.IngressNamespace, FindPort)))
                .ToEquatableArray(),
            ClusterId = _clusterId,
            Domain = _domain,
        };
    }
}
