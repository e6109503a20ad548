using System.Runtime.CompilerServices;
using Envoy.Config.Route.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>The routes of each VirtualService, and of each service that none names; those of an earlier table where all that they are made from is the same.</summary>
/// <remarks>
/// What routes read beside their VirtualService is the mesh's settings and, of each destination, the service and its DestinationRule
/// (<see cref="RouteRead"/>).
/// </remarks>
internal sealed class RouteSource
{
    private static readonly HashSet<string> MeshGateway = [VirtualServiceIndex.MeshGateway];

    private readonly ProxyContext _context;
    private readonly RouteTable? _before;
    private readonly bool _readsAreSame;
    private readonly Dictionary<(object Owner, int Port), HostRoutes> _routes;
    private readonly Dictionary<HostRoutes, List<Route>> _made = new(ReferenceEqualityComparer.Instance);

    public RouteSource(ProxyContext context, RouteTable? before)
    {
        (_context, _before) = (context, before);
        _routes = new(before?.Routes.Count ?? 0, OwnerComparer.Instance);
        _readsAreSame = before is not null
            && ReferenceEquals(before.ServicesByHost, context.Scope.ServicesByHost)
            && ReferenceEquals(before.Rules, context.Snapshot.Index.DestinationRules);
    }

    /// <summary>All that were asked for, by identity of the VirtualService or service.</summary>
    public IReadOnlyDictionary<(object Owner, int Port), HostRoutes> All => _routes;

    /// <summary>The routes of a VirtualService on a port, or without one those that a service has by itself.</summary>
    public HostRoutes Of(VirtualServiceConfig? source, Service? service, int port)
    {
        var key = ((object?)source ?? service!, port);
        if (_routes.TryGetValue(key, out var routes))
        {
            return routes;
        }

        if (_before is null || !_before.Routes.TryGetValue(key, out routes) || !(_readsAreSame || HasSameReads(routes, service)))
        {
            EquatableArray<RouteRead> reads = source is null
                ? [ReadOf(service!)]
                : RouteDestinations.Of(source).Keys.Select(Read).ToEquatableArray();
            var plain = new HostRoutes(source, port, reads, IsEmpty: false, default);
            List<Route> made = [];
            var problems = _context.ReportedBy(() => made = Make(plain, service));
            routes = plain with { IsEmpty = made.Count == 0, Problems = problems };
            _made[routes] = made;
        }
        else
        {
            _context.ReportAgain(routes.Problems);
        }

        return _routes[key] = routes;
    }

    /// <summary>A group's routes as messages.</summary>
    public List<Route> MessagesOf(HostGroup group) =>
        _made.TryGetValue(group.Routes, out var made) ? made : _made[group.Routes] = Make(group.Routes, group.Service);

    private bool HasSameReads(HostRoutes routes, Service? service) => service is not null
        ? routes.Reads[0].IsSame(ReadOf(service))
        : routes.Reads.All(read => read.IsSame(Read(read.Host)));

    private RouteRead Read(string host) =>
        _context.FindService(host) is { } service ? ReadOf(service) with { Host = host } : new(host, null, null);

    private RouteRead ReadOf(Service service) => new(service.Hostname, service, _context.RuleFor(service));

    private List<Route> Make(HostRoutes routes, Service? service)
    {
        if (routes.Source is { } source)
        {
            return HttpRoutes.Build(new()
            {
                Context = _context,
                Source = source,
                ListenPort = routes.Port,
                Gateways = MeshGateway,
                Services = _context.Scope.ServicesByHost,
            });
        }

        var cluster = Naming.Outbound(service!.Hostname, "", routes.Port);
        var route = HttpRoutes.Default(_context, cluster, $"{Naming.HostPort(service.Hostname, routes.Port)}/*");
        if (HashPolicies.Of(_context, service, "", routes.Port) is { } hash)
        {
            route.Route_.HashPolicy.Add(hash);
        }

        return [route];
    }

    private sealed class OwnerComparer : IEqualityComparer<(object Owner, int Port)>
    {
        public static OwnerComparer Instance { get; } = new();

        public bool Equals((object Owner, int Port) x, (object Owner, int Port) y) => ReferenceEquals(x.Owner, y.Owner) && x.Port == y.Port;

        public int GetHashCode((object Owner, int Port) key) => HashCode.Combine(RuntimeHelpers.GetHashCode(key.Owner), key.Port);
    }
}
