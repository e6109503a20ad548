using System.Collections.Concurrent;
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

/// <summary>Everything of a snapshot but endpoints and pods: services and resources with the look-ups that translation needs.</summary>
/// <remarks>
/// Immutable as seen from outside; scopes are computed on first use and remembered, which is safe as they are pure. Parts that did not
/// change since the index before are the same instances.
/// </remarks>
public sealed class MeshIndex
{
    private readonly ConcurrentDictionary<(string Namespace, SidecarConfig? Sidecar, ProxyType Type), SidecarScope> _scopes = [];
    private readonly ConcurrentDictionary<Type, object> _derived = [];
    private readonly Dictionary<string, MeshNamespace> _namespaces;
    private readonly Dictionary<string, Node> _nodes;

    private MeshIndex(MeshInputs inputs, ServiceTable services, ConfigTable configs, bool isMerged, MeshIndex? before)
    {
        (Inputs, ServiceTable, Configs) = (inputs, services, configs);
        _namespaces = before is not null && before.Inputs.Namespaces.IsSame(inputs.Namespaces)
            ? before._namespaces
            : inputs.Namespaces.GroupBy(n => n.Name).ToDictionary(g => g.Key, g => g.First());
        _nodes = before is not null && before.Inputs.Nodes.IsSame(inputs.Nodes)
            ? before._nodes
            : inputs.Nodes.GroupBy(n => n.Name).ToDictionary(g => g.Key, g => g.First());
        var sameRules = before is not null && ReferenceEquals(before.Inputs.Mesh, inputs.Mesh) && before.Inputs.Domain == inputs.Domain;
        VirtualServices = sameRules && before!.Configs.Of<VirtualServiceConfig>().IsSame(configs.Of<VirtualServiceConfig>())
            ? before.VirtualServices
            : isMerged ? VirtualServiceIndex.OfMerged(configs.Of<VirtualServiceConfig>(), inputs.Mesh)
            : VirtualServiceIndex.Build(configs.Of<VirtualServiceConfig>(), inputs.Mesh, inputs.Domain, sameRules ? before!.VirtualServices : null);
        DestinationRules = sameRules && before!.Configs.Of<DestinationRuleConfig>().IsSame(configs.Of<DestinationRuleConfig>())
            ? before.DestinationRules
            : DestinationRuleIndex.Build(configs.Of<DestinationRuleConfig>(), inputs.Mesh, inputs.Domain);
        Networks = NetworkGateways.Build(inputs);
        ClusterLocal = new ClusterLocalHosts(inputs.Mesh, inputs.Domain);
    }

    public MeshInputs Inputs { get; }

    /// <summary>The services and how they are found.</summary>
    public ServiceTable ServiceTable { get; }

    /// <summary>The resources as they are, by kind.</summary>
    public ConfigTable Configs { get; }

    /// <summary>All services, the oldest first, then by name and namespace.</summary>
    public EquatableArray<Service> Services => ServiceTable.All;

    /// <summary>The ways into other networks.</summary>
    public NetworkGateways Networks { get; }

    /// <summary>Hosts that are called inside of a cluster only.</summary>
    public ClusterLocalHosts ClusterLocal { get; }

    public VirtualServiceIndex VirtualServices { get; }

    public DestinationRuleIndex DestinationRules { get; }

    /// <summary>The oldest first.</summary>
    public EquatableArray<GatewayConfig> Gateways => Configs.Of<GatewayConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<SidecarConfig> Sidecars => Configs.Of<SidecarConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<PeerAuthenticationConfig> PeerAuthentications => Configs.Of<PeerAuthenticationConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<EnvoyFilterConfig> EnvoyFilters => Configs.Of<EnvoyFilterConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<AuthorizationPolicyConfig> AuthorizationPolicies => Configs.Of<AuthorizationPolicyConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<RequestAuthenticationConfig> RequestAuthentications => Configs.Of<RequestAuthenticationConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<TelemetryConfig> Telemetries => Configs.Of<TelemetryConfig>();

    /// <summary>The oldest first.</summary>
    public EquatableArray<WasmPluginConfig> WasmPlugins => Configs.Of<WasmPluginConfig>();

    internal static MeshIndex Build(MeshInputs inputs, EquatableArray<Service> entryServices, bool sameServices, MeshIndex? before) => new(
        inputs,
        sameServices ? before!.ServiceTable : ServiceTable.Of(inputs.Services.Concat((IEnumerable<Service>)entryServices)),
        ConfigTable.Build(inputs.Configs, before?.Configs),
        isMerged: false,
        before);

    /// <summary>An index of a part of the services and resources, for a reader to whom the rest does not matter.</summary>
    /// <param name="configs">VirtualServices among them are those of <see cref="VirtualServiceIndex.All"/>, merged.</param>
    /// <param name="before">An earlier result: what is the same is taken from it; returned itself when all is.</param>
    public MeshIndex Restrict(ServiceTable services, ConfigTable configs, MeshIndex? before)
    {
        // What is left out must not be found by another way.
        var rest = Inputs with { Services = default, Endpoints = default, Workloads = default, Configs = default };
        if (before is not null)
        {
            configs = configs.ReusingListsOf(before.Configs);
            rest = before.Inputs == rest ? before.Inputs : rest;
            if (ReferenceEquals(before.ServiceTable, services) && before.Configs.IsSame(configs) && ReferenceEquals(before.Inputs, rest))
            {
                return before;
            }
        }

        return new(rest, services, configs, isMerged: true, before);
    }

    /// <summary>The services of that host in any namespace.</summary>
    public EquatableArray<Service> ServicesOf(string hostname) => ServiceTable.OfHost(hostname);

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

    /// <summary>
    /// What a later stage makes of the resources alone, made on first use and remembered as long as they do not change: work that
    /// would otherwise be done once per proxy. One value per type.
    /// </summary>
    public T Derived<T>(Func<MeshIndex, T> make)
        where T : class => (T)_derived.GetOrAdd(typeof(T), static (_, state) => state.Make(state.Index), (Make: make, Index: this));
}
