using System.Collections.Concurrent;
using System.Collections.Frozen;
using Lateen.Model.Extensions;
using Lateen.Model.Networking;
using Lateen.Model.Networks;
using Lateen.Model.Policies;
using Lateen.Model.Routing;
using Lateen.Model.Scope;
using Lateen.Model.Services;
using Lateen.Model.Telemetry;
using Lateen.Model.Workloads;

namespace Lateen.Model;

/// <summary>Everything of a snapshot but endpoints: services and resources with the look-ups that translation needs.</summary>
/// <remarks>Immutable as seen from outside; scopes are computed on first use and remembered, which is safe as they are pure.</remarks>
public sealed class MeshIndex
{
    private readonly ConcurrentDictionary<(string Namespace, SidecarConfig? Sidecar, ProxyType Type), SidecarScope> _scopes = [];
    private readonly FrozenDictionary<string, EquatableArray<Service>> _byHost;
    private readonly FrozenDictionary<string, Workload> _workloadsByAddress;
    private readonly FrozenDictionary<string, MeshNamespace> _namespaces;
    private readonly FrozenDictionary<string, Node> _nodes;

    internal MeshIndex(MeshInputs inputs, IEnumerable<Service> entryServices)
    {
        Inputs = inputs;
        var services = inputs.Services.Concat(entryServices).ToList();
        services.Sort(CompareAge);
        Services = services.ToEquatableArray();
        _byHost = services.GroupBy(s => s.Hostname).ToFrozenDictionary(g => g.Key, g => g.ToEquatableArray());
        _workloadsByAddress = inputs.Workloads
            .SelectMany(w => w.Addresses.Select(a => (Address: a, Workload: w)))
            .GroupBy(p => p.Address)
            .ToFrozenDictionary(g => g.Key, g => g.First().Workload);
        _namespaces = inputs.Namespaces
            .GroupBy(n => n.Name).ToFrozenDictionary(g => g.Key, g => g.First());
        _nodes = inputs.Nodes.GroupBy(n => n.Name).ToFrozenDictionary(g => g.Key, g => g.First());
        Networks = NetworkGateways.Build(inputs);
        ClusterLocal = new ClusterLocalHosts(inputs.Mesh, inputs.Domain);
        VirtualServices = VirtualServiceIndex.Build(inputs);
        DestinationRules = DestinationRuleIndex.Build(inputs);
        Gateways = ConfigOrder.Of<GatewayConfig>(inputs.Configs);
        Sidecars = ConfigOrder.Of<SidecarConfig>(inputs.Configs);
        PeerAuthentications = ConfigOrder.Of<PeerAuthenticationConfig>(inputs.Configs);
        EnvoyFilters = ConfigOrder.Of<EnvoyFilterConfig>(inputs.Configs);
        AuthorizationPolicies = ConfigOrder.Of<AuthorizationPolicyConfig>(inputs.Configs);
        RequestAuthentications = ConfigOrder.Of<RequestAuthenticationConfig>(inputs.Configs);
        Telemetries = ConfigOrder.Of<TelemetryConfig>(inputs.Configs);
        WasmPlugins = ConfigOrder.Of<WasmPluginConfig>(inputs.Configs);
    }

    public MeshInputs Inputs { get; }

    /// <summary>All services, the oldest first, then by name and namespace.</summary>
    public EquatableArray<Service> Services { get; }

    /// <summary>The ways into other networks.</summary>
    public NetworkGateways Networks { get; }

    /// <summary>Hosts that are called inside of a cluster only.</summary>
    public ClusterLocalHosts ClusterLocal { get; }

    public VirtualServiceIndex VirtualServices { get; }

    public DestinationRuleIndex DestinationRules { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<GatewayConfig> Gateways { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<SidecarConfig> Sidecars { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<PeerAuthenticationConfig> PeerAuthentications { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<EnvoyFilterConfig> EnvoyFilters { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<AuthorizationPolicyConfig> AuthorizationPolicies { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<RequestAuthenticationConfig> RequestAuthentications { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<TelemetryConfig> Telemetries { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<WasmPluginConfig> WasmPlugins { get; }

    /// <summary>The services of that host in any namespace.</summary>
    public EquatableArray<Service> ServicesOf(string hostname) => _byHost.TryGetValue(hostname, out var found) ? found : default;

    public Workload? WorkloadAt(string address) => _workloadsByAddress.GetValueOrDefault(address);

    public MeshNamespace? Namespace(string name) => _namespaces.GetValueOrDefault(name);

    public Node? Node(string name) => _nodes.GetValueOrDefault(name);

    /// <summary>Whether a service is exported to a namespace.</summary>
    public bool IsVisible(Service service, string @namespace) =>
        Visibility.IsVisible(service.ExportTo, Inputs.Mesh.DefaultServiceExportTo, service.Namespace, @namespace);

    /// <summary>What a proxy sees: by the Sidecar resource that selects it, or everything that is exported to it.</summary>
    public SidecarScope ScopeOf(ProxyNode proxy)
    {
        // Istio, Sidecar: gateways ignore the resource.
        var sidecar = proxy.Type == ProxyType.Sidecar ? SidecarSelection.Select(Sidecars, proxy, Inputs.Mesh.RootNamespace) : null;
        return _scopes.GetOrAdd((proxy.Namespace, sidecar, proxy.Type), static (key, index) =>
            SidecarScopeBuilder.Build(index, key.Namespace, key.Sidecar), this);
    }

    private static int CompareAge(Service a, Service b)
    {
        var byTime = a.CreationTime.CompareTo(b.CreationTime);
        return byTime != 0 ? byTime : string.CompareOrdinal($"{a.Name}.{a.Namespace}", $"{b.Name}.{b.Namespace}");
    }
}
