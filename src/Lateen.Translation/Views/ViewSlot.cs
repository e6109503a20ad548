using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Extensions;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Model.Telemetry;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Views;

/// <summary>Cuts snapshots down to what can matter for one <see cref="ViewKey"/>, and remembers the last view.</summary>
/// <remarks>
/// A translation is given the view and nothing else, so what is left out here can not be read there by mistake: a wrong omission makes a wrong
/// resource, which conformance cases and the property test see, and never a stale one. Kinds are left out by name: one that nobody thought of
/// stays in. Safe from any thread.
/// </remarks>
public sealed class ViewSlot
{
    // Services of ServiceEntries and endpoints of WorkloadEntries are in the snapshot already, whatever kind they come from.
    private static readonly Type[] Sources = [typeof(ServiceEntryConfig), typeof(WorkloadEntryConfig)];

    private static readonly Type[] InboundOnly =
        [typeof(GatewayConfig), typeof(AuthorizationPolicyConfig), typeof(RequestAuthenticationConfig), typeof(ProxyConfigConfig)];

    private static readonly Dictionary<string, IReadOnlySet<Type>> Irrelevant = new()
    {
        [TypeUrls.Cluster] = Kinds([.. Sources, .. InboundOnly, typeof(TelemetryConfig), typeof(WasmPluginConfig)]),
        [TypeUrls.ClusterLoadAssignment] =
            Kinds([.. Sources, .. InboundOnly, typeof(TelemetryConfig), typeof(WasmPluginConfig), typeof(EnvoyFilterConfig)]),
        [TypeUrls.Listener] = Kinds([.. Sources, .. InboundOnly, typeof(PeerAuthenticationConfig)]),
        [TypeUrls.RouteConfiguration] =
            Kinds([.. Sources, .. InboundOnly, typeof(PeerAuthenticationConfig), typeof(TelemetryConfig), typeof(WasmPluginConfig)]),
    };

    private static readonly IReadOnlySet<Type> IrrelevantForOwn = Kinds([.. Sources, typeof(GatewayConfig), typeof(VirtualServiceConfig)]);

    private readonly ViewKey _key;
    private readonly Lock _gate = new();
    private MeshIndex? _source;
    private MeshConfig? _mesh;
    private (ServiceTable All, ServiceTable Visible)? _services;
    private Projection<VirtualServiceConfig>? _routes;
    private Projection<DestinationRuleConfig>? _rules;
    private MeshView? _view;

    public ViewSlot(ViewKey key) => _key = key;

    /// <summary>The view of a snapshot; the last one again when nothing that it holds differs.</summary>
    public MeshView Of(MeshSnapshot snapshot)
    {
        lock (_gate)
        {
            var index = _view is not null && ReferenceEquals(_source, snapshot.Index) ? _view.Index : Restrict(snapshot.Index);
            var endpoints = EndpointsOf(snapshot);
            _source = snapshot.Index;
            return _view is not null && ReferenceEquals(_view.Index, index) && _view.Endpoints.IsSame(endpoints)
                ? _view
                : _view = new MeshView(_key, index, endpoints);
        }
    }

    private EndpointTable EndpointsOf(MeshSnapshot snapshot) => (_key.Part, _key.TypeUrl) switch
    {
        (ResourcePart.Whole, _) => snapshot.Endpoints,
        (ResourcePart.Own, _) => snapshot.Endpoints.Unselected,
        (_, TypeUrls.Cluster) => snapshot.Endpoints.Identities,
        (_, TypeUrls.Listener) => snapshot.Endpoints.Direct,
        _ => EndpointTable.Empty,
    };

    private MeshIndex Restrict(MeshIndex index)
    {
        if (_key.Part == ResourcePart.Whole)
        {
            return index;
        }

        // Who sees what follows from the mesh's defaults: other defaults, other everything.
        if (_routes is null || !ReferenceEquals(_mesh, index.Inputs.Mesh))
        {
            (_mesh, _services, _routes, _rules) = (index.Inputs.Mesh, null, Routes(index), Rules(index));
        }

        var root = index.Inputs.Mesh.RootNamespace;
        var rules = _rules!.Of(index.Configs.Of<DestinationRuleConfig>());
        if (_key.Part == ResourcePart.Own)
        {
            var own = index.Configs.Without(IrrelevantForOwn).InNamespaces(_key.Namespace, root);
            return index.Restrict(index.ServiceTable, own.With(rules), _view?.Index);
        }

        // Policies hold in their own namespace, those of the root namespace everywhere; but mutual TLS to a service follows from those of
        // the service's namespace.
        var relevant = index.Configs.Without(Irrelevant[_key.TypeUrl]);
        var configs = relevant.InNamespaces(_key.Namespace, root).With(relevant.Of<PeerAuthenticationConfig>()).With(rules);

        // Where routes lead decides on services only where a Sidecar resource does not import them all.
        var routesMatter = _key.TypeUrl is TypeUrls.Listener or TypeUrls.RouteConfiguration || !configs.Of<SidecarConfig>().IsEmpty;
        return index.Restrict(Visible(index), configs.With(routesMatter ? _routes.Of(index.VirtualServices.All) : default), _view?.Index);
    }

    private ServiceTable Visible(MeshIndex index)
    {
        if (_services is { } known && ReferenceEquals(known.All, index.ServiceTable))
        {
            return known.Visible;
        }

        var visible = index.Services.Where(service => index.IsVisible(service, _key.Namespace)).ToList();
        var before = _view?.Index.ServiceTable;
        var table = visible.Count == index.Services.Count ? index.ServiceTable
            : before is not null && before.All.SequenceEqual(visible) ? before
            : ServiceTable.OfSorted(visible.ToEquatableArray());
        _services = (index.ServiceTable, table);
        return table;
    }

    private Projection<VirtualServiceConfig> Routes(MeshIndex index)
    {
        var defaults = index.Inputs.Mesh.DefaultVirtualServiceExportTo;
        return new(config =>
            !config.Gateways.Contains(Lateen.Model.Routing.VirtualServiceIndex.MeshGateway) && _key.ProxyType == ProxyType.Sidecar ? null
            : !Visibility.IsVisible(config.ExportTo, defaults, config.Meta.Namespace, _key.Namespace) ? null
            : _key.TypeUrl switch
            {
                TypeUrls.RouteConfiguration => RouteProjections.Http(config),
                TypeUrls.Listener => RouteProjections.Connections(config),
                _ => RouteProjections.Destinations(config),
            });
    }

    private Projection<DestinationRuleConfig> Rules(MeshIndex index)
    {
        var defaults = index.Inputs.Mesh.DefaultDestinationRuleExportTo;
        return new(rule =>
            rule.Meta.Namespace == _key.Namespace || Visibility.IsVisible(rule.ExportTo, defaults, rule.Meta.Namespace, _key.Namespace) ? rule : null);
    }

    private static HashSet<Type> Kinds(ReadOnlySpan<Type> kinds) => [.. kinds];
}
