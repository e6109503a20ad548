using Lateen.Model;
using Lateen.Model.KubernetesGateways;
using Lateen.Model.Networking;
using Lateen.Model.Networks;
using Lateen.Model.Services;

namespace Lateen.Config.Snapshots;

/// <summary>Makes the next snapshot out of the last one and of what changed since.</summary>
/// <remarks>
/// A change of endpoints replaces one shard of the snapshot, one of a pod its entry; everything else builds the index anew, out of the parts
/// of the index before that did not change.
/// </remarks>
internal sealed class SnapshotBuilder(MeshObjects objects)
{
    private MeshSnapshot _snapshot = MeshSnapshot.Empty;
    private bool _rebuild = true;

    /// <summary>The version of the snapshot that is built next.</summary>
    public long NextVersion { get; private set; } = 1;

    /// <summary>What the snapshot was built from last.</summary>
    public InputLists Lists { get; } = new();

    public bool HasChanges => _rebuild || HasNewConversions || objects.Endpoints.HasChanges || objects.Pods.HasChanges;

    /// <summary>Something changed that is neither a pod's nor a slice's alone.</summary>
    public void Rebuild() => _rebuild = true;

    public MeshUpdate Build()
    {
        var before = _snapshot;
        var version = NextVersion++;
        var endpoints = objects.Endpoints.Renew(objects);
        Lists.Shards = endpoints.Count > 0 ? null : Lists.Shards;
        var addresses = new HashSet<string>();
        foreach (var (old, @new) in objects.Pods.TakeChanged())
        {
            _snapshot = _snapshot.WithWorkload(old, @new, version);
            addresses.UnionWith(old?.Addresses ?? default);
            addresses.UnionWith(@new?.Addresses ?? default);
        }

        if (HasNewConversions)
        {
            (Lists.Configs, _rebuild) = (null, true);
        }

        if (_rebuild)
        {
            _rebuild = false;
            _snapshot = _snapshot.Rebuild(Inputs(), version);

            // This also changes endpoints that no slice told of: those of ServiceEntries.
            return Update(before, _snapshot.Endpoints.Differences(before.Endpoints), addresses);
        }

        foreach (var key in endpoints.Where(objects.Services.ContainsKey))
        {
            _snapshot = _snapshot.WithEndpoints(objects.Endpoints.Shards[key], version);
        }

        return Update(before, endpoints.Select(key => objects.Endpoints.Shards[key].Service).ToHashSet(), addresses);
    }

    private bool HasNewConversions => objects.Ingresses.HasChanges || objects.KubernetesGateways.HasChanges;

    private MeshUpdate Update(MeshSnapshot before, IReadOnlySet<ServiceKey> endpoints, HashSet<string> addresses) =>
        new(_snapshot, MeshChanges.ScopeOf(before, _snapshot), endpoints, addresses);

    // What did not change is the same list as before: whoever compares sees it at once.
    private MeshInputs Inputs()
    {
        var networks = objects.Networks;
        var services = Lists.Services ??= objects.Services.Values
            .Select(service => NodePorts.WithAddresses(service, objects.Nodes.Values, objects.ClusterId))
            .ToEquatableArray();
        return new MeshInputs
        {
            Mesh = objects.Mesh,
            KeySets = objects.KeySets,
            Settings = objects.Settings,
            Networks = networks.All,
            ClusterNetwork = networks.Own,
            ServiceGateways = NetworkGateways.OfServices(services, networks.All, objects.ClusterId),
            Services = services,
            Endpoints = Lists.Shards ??= objects.Endpoints.Shards
                .Where(entry => objects.Services.ContainsKey(entry.Key))
                .Select(entry => entry.Value)
                .ToEquatableArray(),
            Workloads = Lists.Pods ??= objects.Pods.InOrder(),
            Namespaces = Lists.Namespaces ??= objects.Namespaces.Values.ToEquatableArray(),
            Nodes = Lists.Nodes ??= objects.Nodes.Values.ToEquatableArray(),
            Configs = Lists.Configs ??= objects.Resources.InForce
                .Concat(objects.Ingresses.Convert(new(objects.Mesh, objects.Domain, objects.Settings.IngressNamespace, objects.FindPort)))
                .Concat(objects.KubernetesGateways.Convert(AroundGateways))
                .ToEquatableArray(),
            Grants = objects.KubernetesGateways.Grants,
            ClusterId = objects.ClusterId,
            Domain = objects.Domain,
        };
    }

    private GatewaySurroundings AroundGateways(Func<string, string, string?> certificateProblem) => new(
        objects.Domain,
        objects.Mesh.DefaultHttpRetryPolicy,
        objects.Namespaces.Values,
        certificateProblem,
        (ns, name) => objects.Resources.Find(new ResourceName("ServiceEntry", ns, name)) is ServiceEntryConfig entry ? entry.Hosts : []);
}
