using Lateen.Model.Networking;

namespace Lateen.Model.KubernetesGateways;

/// <summary>What the objects of the Gateway API stand for, and what is to be told of them.</summary>
/// <param name="Configs">Istio Gateways and VirtualServices.</param>
/// <param name="Gateways">Those of classes that are served.</param>
/// <param name="Routes">All routes, the oldest first.</param>
/// <param name="Attached">How many routes each listener took, by <see cref="ConvertedListener.InternalName"/>.</param>
public sealed record KubernetesGatewayResult(
    EquatableArray<IIstioConfig> Configs, EquatableArray<ConvertedGateway> Gateways, EquatableArray<ConvertedRoute> Routes, EquatableMap<string, int> Attached)
{
    /// <summary>The GatewayClasses of this controller.</summary>
    public EquatableArray<GatewayClass> Classes { get; init; }

    public static KubernetesGatewayResult Empty { get; } = new([], [], [], EquatableMap<string, int>.Empty);
}

/// <summary>Turns the Gateway API's objects into the Istio Gateways and VirtualServices that say the same; keeps what it made of each.</summary>
/// <remarks>
/// Rules of a route are converted again when the route, one of its Gateways or a grant changed, and routes of a host put in order again when one of them did;
/// what is the same stays the same instance, so that later stages see at once that it did not change. The pass over all objects does look-ups only.
/// Owned by one writer.
/// </remarks>
public sealed class KubernetesGatewayConversion
{
    private readonly RouteAssembly _assembly = new();
    private Dictionary<(string Namespace, string Name), ConvertedGateway> _gateways = [];
    private Dictionary<(string Kind, string Namespace, string Name), Known> _routes = [];
    private Dictionary<(string Kind, string Namespace, string Name), IIstioConfig> _configs = [];

    /// <param name="gateways">Those of classes that are served, in any order.</param>
    /// <param name="routes">All routes, in any order.</param>
    public KubernetesGatewayResult Convert(
        IEnumerable<KubernetesGateway> gateways, IEnumerable<KubernetesRoute> routes, ReferenceGrants grants, GatewaySurroundings around)
    {
        var nextGateways = new Dictionary<(string Namespace, string Name), ConvertedGateway>();
        foreach (var gateway in gateways)
        {
            var key = (gateway.Meta.Namespace, gateway.Meta.Name);
            var made = GatewayConversion.Convert(gateway, grants, around);
            nextGateways[key] = _gateways.TryGetValue(key, out var known) && known == made ? known : made;
        }

        var nextRoutes = new Dictionary<(string Kind, string Namespace, string Name), Known>();
        var ordered = new List<ConvertedRoute>();
        foreach (var route in routes.Order(Comparer<KubernetesRoute>.Create(Compare)))
        {
            var key = (route.Meta.Kind, route.Meta.Namespace, route.Meta.Name);
            var parents = ParentsOf(route, nextGateways);
            if (!_routes.TryGetValue(key, out var known) || !known.IsOf(route, parents, grants, around))
            {
                var made = RouteConversion.Convert(route, (ns, name) => nextGateways.GetValueOrDefault((ns, name)), grants, around);
                known = new(route, parents, grants, around.Domain, around.DefaultRetry, made);
            }

            nextRoutes[key] = known;
            ordered.Add(known.Result);
        }

        (_gateways, _routes) = (nextGateways, nextRoutes);
        var sorted = nextGateways.Values.OrderBy(g => g.Gateway.Meta.Namespace, StringComparer.Ordinal).ThenBy(g => g.Gateway.Meta.Name, StringComparer.Ordinal).ToEquatableArray();
        var configs = sorted.SelectMany(gateway => gateway.Listeners.Select(listener => (IIstioConfig?)listener.Config)).OfType<IIstioConfig>()
            .Concat(_assembly.Of(ordered))
            .Concat(ordered.SelectMany(route => (IEnumerable<IIstioConfig>)route.Connections.Select(config => (IIstioConfig)config)));
        return new(Unique(configs), sorted, ordered.ToEquatableArray(), Attached(ordered));
    }

    // Gateway API, "Conflict resolution": the oldest, then by namespace/name.
    private static int Compare(KubernetesRoute a, KubernetesRoute b)
    {
        var byTime = a.Meta.CreationTimestamp.CompareTo(b.Meta.CreationTimestamp);
        var byNamespace = byTime != 0 ? byTime : string.CompareOrdinal(a.Meta.Namespace, b.Meta.Namespace);
        var byName = byNamespace != 0 ? byNamespace : string.CompareOrdinal(a.Meta.Name, b.Meta.Name);
        return byName != 0 ? byName : string.CompareOrdinal(a.Meta.Kind, b.Meta.Kind);
    }

    private static List<ConvertedGateway?> ParentsOf(KubernetesRoute route, Dictionary<(string Namespace, string Name), ConvertedGateway> gateways) =>
        [.. route.Parents.Select(parent => gateways.GetValueOrDefault((parent.Namespace ?? route.Meta.Namespace, parent.Name)))];

    private static EquatableMap<string, int> Attached(List<ConvertedRoute> routes) => routes
        .SelectMany(route => route.Attachments.Where(attachment => attachment is { Denied: null, IsMesh: false }).Select(attachment => attachment.InternalName).Distinct())
        .CountBy(name => name)
        .ToEquatableMap();

    // Names are made of names, so that two objects may come to the same: an index can hold one of a name.
    private EquatableArray<IIstioConfig> Unique(IEnumerable<IIstioConfig> configs)
    {
        var next = new Dictionary<(string Kind, string Namespace, string Name), IIstioConfig>();
        var all = new List<IIstioConfig>();
        foreach (var config in configs)
        {
            var key = (config.Meta.Kind, config.Meta.Namespace, config.Meta.Name);
            var use = config;
            while (next.ContainsKey(key))
            {
                key.Name += "-again";
                use = use switch
                {
                    VirtualServiceConfig routes => routes with { Meta = routes.Meta with { Name = key.Name } },
                    GatewayConfig gateway => gateway with { Meta = gateway.Meta with { Name = key.Name } },
                    _ => use,
                };
            }

            use = _configs.TryGetValue(key, out var known) && known.Equals(use) ? known : use;
            next[key] = use;
            all.Add(use);
        }

        _configs = next;
        return all.ToEquatableArray();
    }

    private sealed record Known(
        KubernetesRoute Route, List<ConvertedGateway?> Parents, ReferenceGrants Grants, string Domain, HttpRetry? DefaultRetry, ConvertedRoute Result)
    {
        // Hosts of a ServiceEntry may have changed without anything here having done so.
        public bool IsOf(KubernetesRoute route, List<ConvertedGateway?> parents, ReferenceGrants grants, GatewaySurroundings around) =>
            ReferenceEquals(Route, route) && ReferenceEquals(Grants, grants) && Domain == around.Domain && DefaultRetry == around.DefaultRetry
            && Parents.Count == parents.Count && !Parents.Where((parent, i) => !ReferenceEquals(parent, parents[i])).Any()
            && !route.Parents.Any(parent => parent.Kind == RouteAttachments.ServiceEntry);
    }
}
