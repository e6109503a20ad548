using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Scope;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>Which names a sidecar's route configuration routes: hosts of VirtualServices and services, in the order in which they claim domains.</summary>
internal sealed class HostGroups
{
    private const int MaxSkipped = 8;

    private readonly RouteRequest _request;
    private readonly EgressScope? _egress;
    private readonly RouteTable? _before;
    private readonly RouteSource _routes;
    private readonly Dictionary<Service, Service?> _served;
    private int _next;

    /// <param name="before">What of an earlier table is the same is taken over; null without one.</param>
    public HostGroups(ProxyContext context, RouteRequest request, RouteTable? before, RouteSource routes)
    {
        (_request, _before, _routes) = (request, before, routes);
        _egress = context.Scope.EgressFor(request.Port, request.Bind);
        _served = new(before?.Served.Count ?? 0, ReferenceEqualityComparer.Instance);
    }

    /// <summary>What of each service is called on the configuration's port; null = nothing of it.</summary>
    public IReadOnlyDictionary<Service, Service?> Served => _served;

    /// <summary>Hosts of VirtualServices first, in their order, then the services that none of them names.</summary>
    public List<HostGroup> Build()
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
                    Add(groups, service.Hostname, port.Number, service, _routes.Of(null, service, port.Number));
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
            if ((_request.Host.Length == 0 || service.Hostname == _request.Host) && !IsShadowed(services, service) && ServedOf(service) is { } served)
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

    private Service? ServedOf(Service service)
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
        if (HttpRoutes.SemanticsOf(source) == "gateway")
        {
            // Gateway API: a route is attached to a service, which has to be there.
            unknown.Clear();
        }

        var ports = named.SelectMany(s => (IEnumerable<ServicePort>)s.Ports).Select(p => p.Number).Distinct().ToList();
        if (ports.Count == 0 && _request.Port == 80)
        {
            // A host that no service has can only be called on HTTP's own port.
            ports.Add(80);
        }

        foreach (var port in ports)
        {
            var routes = _routes.Of(source, null, port);
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
}
