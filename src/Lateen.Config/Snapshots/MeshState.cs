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
/// nothing costs nothing. A change of endpoints replaces one shard of the snapshot; everything else builds its index anew.
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
    private MeshConfig _mesh = MeshConfig.Default;
    private EquatableArray<MeshNetwork> _networks;
    private NetworkMap _networkMap = new(default, "");
    private ControlPlaneSettings _settings;
    private MeshSnapshot _snapshot = MeshSnapshot.Empty;
    private UpdateScope _pending = UpdateScope.Full;
    private bool _rebuild = true;
    private bool _resourcesChanged;
    private long _version;

    /// <param name="domain">DNS suffix of the cluster.</param>
    public MeshState(string domain, string clusterId, ControlPlaneSettings settings)
    {
        (_domain, _clusterId, _settings) = (domain, clusterId, settings);
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

    /// <summary>Whether something changed since the last <see cref="Build"/>.</summary>
    public bool HasChanges => _rebuild || _changedEndpoints.Count > 0;

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
        MarkFull();
    }

    /// <summary>Takes the networks of the mesh; which endpoint is in which follows from them.</summary>
    public void SetNetworks(EquatableArray<MeshNetwork> networks)
    {
        if (_networks != networks)
        {
            _networks = networks;
            NetworksChanged();
        }
    }

    /// <summary>The network of an address of this cluster.</summary>
    public string NetworkOf(string address, EquatableMap<string, string> labels) => _networkMap.Of(address, labels, _clusterId);

    public void Upsert(Service service)
    {
        var key = new ObjectKey(service.Namespace, service.Name);
        if (_services.TryGetValue(key, out var known) && Unversioned(known) == Unversioned(service))
        {
            return;
        }

        _services[key] = service;
        _changedEndpoints.Add(key);
        MarkFull();
    }

    public void DeleteService(ObjectKey key)
    {
        if (_services.Remove(key))
        {
            _changedEndpoints.Add(key);
            MarkFull();
        }
    }

    public void Upsert(EndpointSlice slice) => _changedEndpoints.UnionWith(_slices.Upsert(slice));

    public void DeleteSlice(ObjectKey key) => _changedEndpoints.UnionWith(_slices.Delete(key));

    public void Upsert(Workload pod)
    {
        var key = new ObjectKey(pod.Namespace, pod.Name);
        if (_pods.TryGetValue(key, out var known) && known == pod)
        {
            return;
        }

        _pods[key] = pod;
        PodChanged(key, onlyReadiness: known is not null && known with { Ready = pod.Ready } == pod);
    }

    public void DeletePod(ObjectKey key)
    {
        if (_pods.Remove(key))
        {
            PodChanged(key, onlyReadiness: false);
        }
    }

    public void Upsert(MeshNamespace ns)
    {
        if (!_namespaces.TryGetValue(ns.Name, out var known) || known != ns)
        {
            _namespaces[ns.Name] = ns;
            MarkFull();
            if (ns.Name == _mesh.RootNamespace && NetworkOf(known) != NetworkOf(ns))
            {
                NetworksChanged();
            }
        }
    }

    public void DeleteNamespace(string name)
    {
        if (_namespaces.Remove(name))
        {
            MarkFull();
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
        MarkFull();
    }

    public void DeleteNode(string name)
    {
        if (_nodes.Remove(name))
        {
            MarkFull();
        }
    }

    /// <summary>Takes the newest version of an Istio resource; one with errors is kept out and the last good one stays in force.</summary>
    public void Upsert(ConfigMeta meta, IIstioConfig? config, EquatableArray<ConfigProblem> problems)
    {
        var name = new ResourceName(meta.Kind, meta.Namespace, meta.Name);
        _resources.TryGetValue(name, out var known);
        var wrong = config is null || problems.Any(problem => problem.Severity == ProblemSeverity.Error);
        var next = new ResourceState(meta, wrong ? known?.InForce : config, problems);
        _resources[name] = next;
        _resourcesChanged = true;
        if (!SameContent(known?.InForce, next.InForce))
        {
            MarkFull();
        }
    }

    public void DeleteResource(ResourceName name)
    {
        if (_resources.Remove(name, out var known))
        {
            _resourcesChanged = true;
            if (known.InForce is not null)
            {
                MarkFull();
            }
        }
    }

    /// <summary>Builds the snapshot of what is known now.</summary>
    public MeshUpdate Build()
    {
        var changed = BuildShards();
        var scope = _pending;
        _version++;
        if (_rebuild)
        {
            _snapshot = MeshSnapshot.Build(Inputs(), _version);
        }
        else
        {
            foreach (var key in changed)
            {
                _snapshot = _snapshot.WithEndpoints(_shards[key], _version);
            }
        }

        if (scope == UpdateScope.Silent && changed.Count > 0)
        {
            scope = UpdateScope.Endpoints;
        }

        _rebuild = false;
        _pending = UpdateScope.Silent;
        return new MeshUpdate(_snapshot, scope, changed.Select(key => _shards[key].Service).ToHashSet());
    }

    private string ClusterNetwork => NetworkOf(_namespaces.GetValueOrDefault(_mesh.RootNamespace));

    private static string NetworkOf(MeshNamespace? ns) => ns?.Labels.Find(NetworkGateways.NetworkLabel) ?? "";

    private void NetworksChanged()
    {
        _networkMap = new NetworkMap(_networks, ClusterNetwork);
        _changedEndpoints.UnionWith(_slices.Services);
        MarkFull();
    }

    private Service WithNodeAddresses(Service service)
    {
        if (service.NodeSelector is not { } selector)
        {
            return service;
        }

        var addresses = _nodes.Values
            .Where(node => LabelsMatch.IsSubset(selector, node.Labels))
            .SelectMany(node => (IEnumerable<string>)node.ExternalAddresses)
            .Order(StringComparer.Ordinal)
            .ToEquatableArray();
        return service with { ExternalAddresses = new[] { KeyValuePair.Create(_clusterId, addresses) }.ToEquatableMap() };
    }

    private static Service Unversioned(Service service) => service with { ResourceVersion = "" };

    // Status and resource version change without the spec: what generates nothing new is no change.
    private static bool SameContent(IIstioConfig? a, IIstioConfig? b) =>
        a is null || b is null
            ? a is null && b is null
            : ReferenceEquals(a, b) || (a.Meta.Generation == b.Meta.Generation && a.Meta.Generation > 0
                && a.Meta.CreationTimestamp == b.Meta.CreationTimestamp && a.Meta.Labels == b.Meta.Labels
                && a.Meta.Annotations == b.Meta.Annotations && a is not WorkloadEntryConfig);

    private void MarkFull()
    {
        _pending = UpdateScope.Full;
        _rebuild = true;
    }

    private void PodChanged(ObjectKey pod, bool onlyReadiness)
    {
        // A ServiceEntry may select pods: then a pod is an endpoint of it.
        if (_resources.Values.Any(resource => resource.InForce is ServiceEntryConfig { WorkloadSelector: not null }))
        {
            MarkFull();
        }

        if (!onlyReadiness)
        {
            _changedEndpoints.UnionWith(_slices.ServicesOf(pod));
            _rebuild = true;
        }
    }

    private List<ObjectKey> BuildShards()
    {
        var changed = new List<ObjectKey>();
        foreach (var key in _changedEndpoints)
        {
            var shard = EndpointShards.Build(key, _services.GetValueOrDefault(key), _slices.Of(key), this, _domain, _clusterId);
            if (!_shards.TryGetValue(key, out var known) || known != shard)
            {
                // Server identities stand in clusters: a new service account is more than an endpoint.
                if ((known?.ServiceAccounts ?? []) != shard.ServiceAccounts)
                {
                    MarkFull();
                }

                _shards[key] = shard;
                changed.Add(key);
            }
        }

        _changedEndpoints.Clear();
        return changed;
    }

    private MeshInputs Inputs()
    {
        var services = _services.Values.Select(WithNodeAddresses).ToEquatableArray();
        return Inputs(services) with
        {
            Networks = _networks,
            ClusterNetwork = ClusterNetwork,
            ServiceGateways = NetworkGateways.OfServices(services, _networks, _clusterId),
        };
    }

    private MeshInputs Inputs(EquatableArray<Service> services) => new()
    {
        Mesh = _mesh,
        Settings = _settings,
        Services = services,
        Endpoints = _shards.Where(entry => _services.ContainsKey(entry.Key)).Select(entry => entry.Value).ToEquatableArray(),
        Workloads = _pods.Values.ToEquatableArray(),
        Namespaces = _namespaces.Values.ToEquatableArray(),
        Nodes = _nodes.Values.ToEquatableArray(),
        Configs = _resources.Values.Where(resource => resource.InForce is not null).Select(resource => resource.InForce!).ToEquatableArray(),
        ClusterId = _clusterId,
        Domain = _domain,
    };
}
