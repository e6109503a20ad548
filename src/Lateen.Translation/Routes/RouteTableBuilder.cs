using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Scope;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>Builds the virtual hosts of a sidecar's route configuration, out of those of an earlier one where nothing that they are made from changed.</summary>
/// <remarks>
/// An earlier table is one for the same proxy (as far as it counts) and name. What routes read beside their VirtualService is the mesh's
/// settings and, of each destination, the service and its DestinationRule (<see cref="RouteRead"/>).
/// </remarks>
internal sealed class RouteTableBuilder
{
    private const int MaxSkipped = 8;
    private static readonly HashSet<string> MeshGateway = [VirtualServiceIndex.MeshGateway];

    private readonly ProxyContext _context;
    private readonly RouteRequest _request;
    private readonly EgressScope? _egress;
    private readonly RouteTable? _before;
    private readonly bool _readsAreSame;
    private readonly Dictionary<Service, Service?> _served;
    private readonly Dictionary<(object Owner, int Port), HostRoutes> _routes;
    private readonly Dictionary<HostRoutes, List<Route>> _made = new(ReferenceEqualityComparer.Instance);
    private int _next;

    public RouteTableBuilder(ProxyContext context, RouteRequest request, RouteTable? before = null)
    {
        (_context, _request) = (context, request);
        _egress = context.Scope.EgressFor(request.Port, request.Bind);
        _before = before is not null && ReferenceEquals(before.Settings.Mesh, context.Mesh) && ReferenceEquals(before.Settings.ControlPlane, context.Settings)
            ? before
            : null;
        _served = new(_before?.Served.Count ?? 0, ReferenceEqualityComparer.Instance);
        _routes = new(_before?.Routes.Count ?? 0, OwnerComparer.Instance);
        _readsAreSame = _before is not null
            && ReferenceEquals(_before.ServicesByHost, context.Scope.ServicesByHost)
            && ReferenceEquals(_before.Rules, context.Snapshot.Index.DestinationRules);
    }

    /// <summary>The virtual hosts as messages, in the order of their names.</summary>
    public IEnumerable<VirtualHost> Messages()
    {
        var groups = Groups();
        return Ordered(groups).Claims.Select(host => Message(groups[host.Group], host.Domains)).ToList();
    }

    public RouteTable Build()
    {
        var groups = Groups();
        var (hosts, isContested) = _before is not null && PlacesOf(groups, _before) is { } places
            ? (Renewed(groups, _before, places), _before.IsContested)
            : Packed(groups);
        return new(
            (_context.Mesh, _context.Settings),
            _context.Snapshot.Index.DestinationRules,
            _context.Scope.ServicesByHost,
            _served,
            _routes,
            groups,
            hosts,
            isContested);
    }

    /// <summary>Where each of the names of before stands now; null when not all domains are claimed as they were.</summary>
    /// <remarks>A name that gets a VirtualService of its own moves to the front. That is all that changes where nobody wanted what another has.</remarks>
    private static int[]? PlacesOf(List<HostGroup> now, RouteTable before)
    {
        if (now.Count != before.Groups.Count)
        {
            return null;
        }

        var places = new int[now.Count];
        var same = 0;
        while (same < now.Count && now[same].ClaimsLike(before.Groups[same]))
        {
            places[same] = same++;
        }

        if (same == now.Count)
        {
            return places;
        }

        var byName = new Dictionary<string, int>(now.Count - same);
        for (var i = same; i < now.Count; i++)
        {
            if (before.IsContested || !byName.TryAdd(now[i].Name, i))
            {
                return null;
            }
        }

        for (var i = same; i < now.Count; i++)
        {
            if (!byName.TryGetValue(before.Groups[i].Name, out places[i]) || !now[places[i]].ClaimsLike(before.Groups[i]))
            {
                return null;
            }
        }

        return places;
    }

    // Names and domains are as before: only hosts with other routes are made.
    private List<RoutedHost> Renewed(List<HostGroup> groups, RouteTable before, int[] places)
    {
        var hosts = new List<RoutedHost>(before.Hosts.Count);
        foreach (var host in before.Hosts)
        {
            var place = places[host.Group];
            hosts.Add(!ReferenceEquals(groups[place].Routes, before.Groups[host.Group].Routes) ? Pack(place, groups[place], host.Domains)
                : place == host.Group ? host
                : host with { Group = place });
        }

        return hosts;
    }

    private (List<RoutedHost> Hosts, bool IsContested) Packed(List<HostGroup> groups)
    {
        var known = _before?.Hosts.ToDictionary(host => host.Name) ?? [];
        var hosts = new List<RoutedHost>(groups.Count);
        var (claims, isContested) = Ordered(groups);
        foreach (var (index, domains) in claims)
        {
            var group = groups[index];
            hosts.Add(known.TryGetValue(group.Name, out var host) && ReferenceEquals(_before!.Groups[host.Group].Routes, group.Routes)
                && host.Domains.SequenceEqual(domains)
                ? host with { Group = index }
                : Pack(index, group, domains));
        }

        return (hosts, isContested);
    }

    private RoutedHost Pack(int index, HostGroup group, IReadOnlyList<string> domains)
    {
        var message = Message(group, domains);
        var size = message.CalculateSize();
        var bytes = new byte[1 + CodedOutputStream.ComputeLengthSize(size) + size];
        var output = new CodedOutputStream(bytes);
        output.WriteTag(RouteConfiguration.VirtualHostsFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteMessage(message);
        output.CheckNoSpaceLeft();
        return new(index, group.Name, domains, UnsafeByteOperations.UnsafeWrap(bytes), SHA256.HashData(bytes));
    }

    private VirtualHost Message(HostGroup group, IReadOnlyList<string> domains)
    {
        var host = new VirtualHost { Name = group.Name, IncludeRequestAttemptCount = _context.TellsAttempts };
        host.Domains.AddRange(domains);
        host.Routes.AddRange(_made.TryGetValue(group.Routes, out var made) ? made : _made[group.Routes] = Make(group.Routes, group.Service));
        return host;
    }

    private (IEnumerable<(int Group, IReadOnlyList<string> Domains)> Claims, bool IsContested) Ordered(List<HostGroup> groups)
    {
        if (_request.Host.Length == 0)
        {
            var (claims, isContested) = HostDomains.Claim(_context, groups, withPort: _request.Port == 0);
            return (claims.OrderBy(host => groups[host.Group].Name, StringComparer.Ordinal), isContested);
        }

        // Of one service alone: who comes first decides.
        var own = groups.FindIndex(group => group.Service?.Hostname == _request.Host);
        return (own < 0 ? [] : [(own, ["*"])], true);
    }

    /// <summary>Hosts of VirtualServices first, in their order, then the services that none of them names.</summary>
    private List<HostGroup> Groups()
    {
        var groups = new List<HostGroup>(_before?.Groups.Count ?? 0);
        if (_egress is null)
        {
            return groups;
        }

        var services = Services(_egress);
        var covered = new HashSet<string>();
        foreach (var source in _egress.VirtualServices)
        {
            AddVirtualService(source, services, groups, covered);
        }

        foreach (var service in services.Values)
        {
            if (!covered.Contains(service.Hostname))
            {
                foreach (var port in service.Ports)
                {
                    Add(groups, service.Hostname, port.Number, service, RoutesOf(null, service, port.Number));
                }
            }
        }

        return groups;
    }

    // Most groups are what they were, in the order in which they were: those are not made again. One that is new does not move the place that is
    // looked at next, those that are gone are skipped.
    private void Add(List<HostGroup> groups, string hostname, int port, Service? service, HostRoutes routes)
    {
        for (var skipped = 0; skipped <= MaxSkipped && _before is not null && _next + skipped < _before.Groups.Count; skipped++)
        {
            var known = _before.Groups[_next + skipped];
            if (ReferenceEquals(known.Service, service) && ReferenceEquals(known.Routes, routes) && known.Port == port && known.Hostname == hostname)
            {
                groups.Add(known);
                _next += skipped + 1;
                return;
            }
        }

        groups.Add(new HostGroup(hostname, port, service, routes));
    }

    private Dictionary<string, Service> Services(EgressScope egress)
    {
        var services = new Dictionary<string, Service>(_before?.Hosts.Count ?? 0);
        foreach (var service in egress.Services)
        {
            if ((_request.Host.Length == 0 || service.Hostname == _request.Host) && !IsShadowed(services, service) && Served(service) is { } served)
            {
                services[service.Hostname] = served;
            }
        }

        return services;
    }

    /// <summary>Of two services of one host Kubernetes' own counts, else the older.</summary>
    private static bool IsShadowed(Dictionary<string, Service> services, Service service) =>
        services.TryGetValue(service.Hostname, out var existing)
        && !(existing.Registry != Registry.Kubernetes && service.Registry == Registry.Kubernetes);

    private Service? Served(Service service)
    {
        if (_before is null || !_before.Served.TryGetValue(service, out var served))
        {
            var ports = service.Ports
                .Where(p => (_request.Port == 0 || p.Number == _request.Port) && (p.Protocol.IsHttp() || (_request.Port != 0 && p.Protocol.IsUnsupported())))
                .ToEquatableArray();
            served = ports.IsEmpty ? null : ports.Count == service.Ports.Count ? service : service with { Ports = ports };
        }

        return _served[service] = served;
    }

    private void AddVirtualService(
        VirtualServiceConfig source, Dictionary<string, Service> services, List<HostGroup> groups, HashSet<string> covered)
    {
        var (named, unknown) = Separate(source, services);
        var ports = named.SelectMany(s => (IEnumerable<ServicePort>)s.Ports).Select(p => p.Number).Distinct().ToList();
        if (ports.Count == 0 && _request.Port == 80)
        {
            // A host that no service has can only be called on HTTP's own port.
            ports.Add(80);
        }

        foreach (var port in ports)
        {
            var routes = RoutesOf(source, null, port);
            if (routes.IsEmpty)
            {
                continue;
            }

            unknown.ForEach(host => Add(groups, host, port, null, routes));
            foreach (var service in named.Where(s => s.FindPort(port) is not null))
            {
                Add(groups, service.Hostname, port, service, routes);
                covered.Add(service.Hostname);
            }
        }
    }

    /// <summary>The services that a VirtualService's hosts stand for, and the hosts that no service has.</summary>
    private static (List<Service> Named, List<string> Unknown) Separate(VirtualServiceConfig source, Dictionary<string, Service> services)
    {
        var named = new List<Service>();
        var unknown = new List<string>();
        foreach (var host in source.Hosts)
        {
            if (!HostName.IsWildcard(host))
            {
                if (services.TryGetValue(host, out var service))
                {
                    named.Add(service);
                }
                else
                {
                    unknown.Add(host);
                }

                continue;
            }

            var matching = services.Values.Where(s => HostName.IsSubsetOf(s.Hostname, host)).ToList();
            named.AddRange(matching);
            if (matching.Count == 0)
            {
                unknown.Add(host);
            }
        }

        return (named.DistinctBy(s => s.Hostname).ToList(), unknown);
    }

    private HostRoutes RoutesOf(VirtualServiceConfig? source, Service? service, int port)
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
