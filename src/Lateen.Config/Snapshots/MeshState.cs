using System.Collections.Immutable;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>Everything that the sources told, and what of it changed since the last snapshot.</summary>
/// <remarks>
/// Owned by one writer: no method may be called concurrently with another. Objects are compared by value, so that a resync that changes
/// nothing costs nothing. Here is what a change of each kind of object touches; what is known lies in <see cref="MeshObjects"/>, and
/// <see cref="SnapshotBuilder"/> makes the next snapshot of it.
/// </remarks>
public sealed class MeshState
{
    private readonly MeshObjects _objects;
    private readonly SnapshotBuilder _builder;
    private readonly NamespaceScope _scope = new();

    /// <param name="domain">DNS suffix of the cluster.</param>
    public MeshState(string domain, string clusterId, ControlPlaneSettings settings)
    {
        _objects = new MeshObjects(domain, clusterId, settings, new IngressObjects(_scope.Selects), new KubernetesGatewayObjects(_scope.Selects));
        _builder = new SnapshotBuilder(_objects);
    }

    /// <summary>Every Istio resource, quarantined ones included.</summary>
    public IReadOnlyCollection<ResourceState> Resources => _objects.Resources.All;

    public MeshConfig Mesh => _objects.Mesh;

    /// <summary>The Ingresses; what they stand for is served like the Istio resources.</summary>
    public IngressObjects Ingresses => _objects.Ingresses;

    /// <summary>The objects of the Gateway API; what they stand for is served like the Istio resources.</summary>
    public KubernetesGatewayObjects KubernetesGateways => _objects.KubernetesGateways;

    /// <summary>Whether something changed since the last <see cref="Build"/>.</summary>
    public bool HasChanges => _builder.HasChanges;

    /// <summary>Every Istio resource when one of them changed since the last call, in force or not; null otherwise.</summary>
    public ImmutableArray<ResourceState>? TakeChangedResources() => _objects.Resources.TakeChanged();

    /// <summary>The pod of that namespace and name; null when there is none.</summary>
    public Workload? FindPod(string ns, string name) => _objects.Pods.Find(new ObjectKey(ns, name));

    /// <summary>The pod's own locality, else its machine's.</summary>
    public Locality LocalityOf(Workload pod) => _objects.LocalityOf(pod);

    public void SetMesh(MeshConfig mesh)
    {
        var known = Mesh;
        if (known == mesh)
        {
            return;
        }

        // The trust domain is part of every endpoint's identity.
        if (known.TrustDomain != mesh.TrustDomain)
        {
            _objects.Endpoints.TouchAll();
        }

        _objects.Mesh = mesh;
        OwnNetworkMayHaveChanged();
        Ingresses.Touch();
        KubernetesGateways.Touch();
        _builder.Rebuild();
        ScopeMayHaveChanged();
    }

    /// <summary>Takes the JSON Web Key Sets that were fetched, by <see cref="Model.Policies.JwtRule.KeySource"/>.</summary>
    public void SetKeySets(EquatableMap<string, string> keySets)
    {
        if (!_objects.KeySets.Equals(keySets))
        {
            _objects.KeySets = keySets;
            _builder.Rebuild();
        }
    }

    /// <summary>Takes the networks of the mesh; which endpoint is in which follows from them.</summary>
    public void SetNetworks(EquatableArray<MeshNetwork> networks)
    {
        if (_objects.Networks.Set(networks))
        {
            NetworksChanged();
        }
    }

    public void Upsert(Service service)
    {
        var key = new ObjectKey(service.Namespace, service.Name);
        if (_scope.Parks(service.Namespace, typeof(Service), service.Name, state => state.Upsert(service))
            || (_objects.Services.TryGetValue(key, out var known) && MeshChanges.SameService(known, service)))
        {
            return;
        }

        _objects.Services[key] = service;
        ServiceChanged(key);
    }

    public void DeleteService(ObjectKey key)
    {
        _scope.Forget(key.Namespace, typeof(Service), key.Name);
        if (_objects.Services.Remove(key))
        {
            ServiceChanged(key);
        }
    }

    public void Upsert(EndpointSlice slice)
    {
        if (!_scope.Parks(slice.Namespace, typeof(EndpointSlice), slice.Name, state => state.Upsert(slice)))
        {
            _objects.Endpoints.Upsert(slice);
        }
    }

    public void DeleteSlice(ObjectKey key)
    {
        _scope.Forget(key.Namespace, typeof(EndpointSlice), key.Name);
        _objects.Endpoints.Delete(key);
    }

    public void Upsert(Workload pod)
    {
        if (!_scope.Parks(pod.Namespace, typeof(Workload), pod.Name, state => state.Upsert(pod)))
        {
            SetPod(new ObjectKey(pod.Namespace, pod.Name), pod);
        }
    }

    public void DeletePod(ObjectKey key)
    {
        _scope.Forget(key.Namespace, typeof(Workload), key.Name);
        SetPod(key, null);
    }

    public void Upsert(MeshNamespace ns)
    {
        if (!_objects.Namespaces.TryGetValue(ns.Name, out var known) || known != ns)
        {
            _objects.Namespaces[ns.Name] = ns;
            NamespacesChanged();
        }
    }

    public void DeleteNamespace(string name)
    {
        if (_objects.Namespaces.Remove(name))
        {
            NamespacesChanged();
        }
    }

    public void Upsert(Node node)
    {
        if (_objects.Nodes.TryGetValue(node.Name, out var known) && known == node)
        {
            return;
        }

        _objects.Nodes[node.Name] = node;
        if (known is null || known.Locality != node.Locality)
        {
            _objects.Endpoints.TouchAll();
        }

        // Heartbeats change a node every few seconds; only its labels and addresses were read.
        NodesChanged();
    }

    public void DeleteNode(string name)
    {
        if (_objects.Nodes.Remove(name, out var known))
        {
            if (!known.Locality.IsNone)
            {
                _objects.Endpoints.TouchAll();
            }

            NodesChanged();
        }
    }

    /// <summary>Takes the newest version of an Istio resource; one with errors is kept out and the last good one stays in force.</summary>
    public void Upsert(ConfigMeta meta, IIstioConfig? config, EquatableArray<ConfigProblem> problems)
    {
        if (!_scope.Parks(meta.Namespace, typeof(IIstioConfig), $"{meta.Kind} {meta.Name}", state => state.Upsert(meta, config, problems))
            && _objects.Resources.Upsert(new ResourceState(meta, config, problems), _builder.NextVersion))
        {
            ConfigsChanged(meta.Kind);
        }
    }

    public void DeleteResource(ResourceName name)
    {
        _scope.Forget(name.Namespace, typeof(IIstioConfig), $"{name.Kind} {name.Name}");
        if (_objects.Resources.Delete(name))
        {
            ConfigsChanged(name.Kind);
        }
    }

    /// <summary>Builds the snapshot of what is known now.</summary>
    public MeshUpdate Build() => _builder.Build();

    private void ServiceChanged(ObjectKey key)
    {
        _objects.Endpoints.Touch(key);
        (_builder.Lists.Services, _builder.Lists.Shards) = (null, null);

        // An Ingress may name a port of the service.
        Ingresses.Touch();
        _builder.Rebuild();
    }

    private void SetPod(ObjectKey key, Workload? pod)
    {
        var change = _objects.Pods.Set(key, pod);
        if (change == PodChange.None)
        {
            return;
        }

        _builder.Lists.Pods = null;
        if (change == PodChange.Content)
        {
            _objects.Endpoints.TouchPod(key);
        }

        if (_objects.Resources.SelectPods)
        {
            _builder.Rebuild();
        }
    }

    private void NamespacesChanged()
    {
        _builder.Lists.Namespaces = null;
        KubernetesGateways.NamespacesChanged();
        _builder.Rebuild();
        ScopeMayHaveChanged();
        OwnNetworkMayHaveChanged();
    }

    private void NodesChanged()
    {
        _builder.Lists.Nodes = null;

        // NodePort services are reached at the addresses of machines.
        if (_objects.Services.Values.Any(service => service.NodeSelector is not null))
        {
            _builder.Lists.Services = null;
        }

        _builder.Rebuild();
    }

    private void ConfigsChanged(string kind)
    {
        if (kind == "ServiceEntry")
        {
            KubernetesGateways.EntriesChanged();
        }

        _builder.Lists.Configs = null;
        _builder.Rebuild();
    }

    private void NetworksChanged()
    {
        _objects.Endpoints.TouchAll();
        _builder.Rebuild();
    }

    private void OwnNetworkMayHaveChanged()
    {
        if (_objects.Networks.SetOwn(_objects.Namespaces.GetValueOrDefault(Mesh.RootNamespace)))
        {
            NetworksChanged();
        }
    }

    private void ScopeMayHaveChanged()
    {
        if (_scope.Update(Mesh.DiscoverySelectors, _objects.Namespaces.Values))
        {
            _scope.Apply(this, _objects);
            Ingresses.Touch();
            KubernetesGateways.Touch();
        }
    }
}
