using System.Globalization;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>Route configurations of a sidecar's outbound HTTP listeners.</summary>
internal static class SidecarRoutes
{
    public const string HttpProxy = "http_proxy";
    private const uint MaxDirectResponseBody = 1024 * 1024;
    private static readonly HashSet<string> MeshGateway = [VirtualServiceIndex.MeshGateway];

    /// <summary>The configuration of that name: a port, `host:port` of a detected service port, `http_proxy` or a socket's path.</summary>
    public static RouteConfiguration Build(ProxyContext context, string name)
    {
        var request = Parse(name);
        var hosts = VirtualHosts(context, request);
        hosts.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        if (request.Host.Length == 0)
        {
            hosts.Add(CatchAll(context));
        }

        var configuration = new RouteConfiguration
        {
            Name = name,
            ValidateClusters = false,
            MaxDirectResponseBodySizeBytes = MaxDirectResponseBody,
            IgnorePortInHostMatching = request.Port != 0,
        };
        configuration.VirtualHosts.AddRange(hosts);
        return configuration;
    }

    private sealed record Request(int Port, string Host, string Bind);

    private static Request Parse(string name)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return new(port, "", "");
        }

        var colon = name.LastIndexOf(':');
        if (name != HttpProxy && !name.StartsWith("unix:", StringComparison.Ordinal) && !name.StartsWith('/') && colon > 0
            && int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return new(port, name[..colon], "");
        }

        return new(0, "", name == HttpProxy ? "" : name);
    }

    private static List<VirtualHost> VirtualHosts(ProxyContext context, Request request)
    {
        var egress = context.Scope.EgressFor(request.Port, request.Bind);
        if (egress is null)
        {
            return [];
        }

        var services = new Dictionary<string, Service>();
        foreach (var service in egress.Services)
        {
            if ((request.Host.Length == 0 || service.Hostname == request.Host)
                && !IsShadowed(services, service)
                && WithHttpPorts(service, request.Port, egress.Listener) is { } served)
            {
                services[service.Hostname] = served;
            }
        }

        var groups = Groups(context, egress.VirtualServices, services, request);
        if (request.Host.Length > 0)
        {
            var own = groups.Where(g => g.Service?.Hostname == request.Host).ToList();
            return own.Count == 0 ? [] : [Host(own[0], ["*"])];
        }

        return Named(context, groups, request);
    }

    /// <summary>Of two services of one host Kubernetes' own counts, else the older.</summary>
    private static bool IsShadowed(Dictionary<string, Service> services, Service service) =>
        services.TryGetValue(service.Hostname, out var existing)
        && !(existing.Registry != Registry.Kubernetes && service.Registry == Registry.Kubernetes);

    private static Service? WithHttpPorts(Service service, int port, SidecarEgress? listener)
    {
        _ = listener;
        var ports = service.Ports
            .Where(p => (port == 0 || p.Number == port) && (p.Protocol.IsHttp() || (port != 0 && p.Protocol.IsUnsupported())))
            .ToEquatableArray();
        return ports.IsEmpty ? null : service with { Ports = ports };
    }

    /// <summary>Routes under one name.</summary>
    private sealed record HostGroup(string Hostname, int Port, Service? Service, List<Route> Routes);

    /// <summary>Hosts of VirtualServices first, in their order, then the services that none of them names.</summary>
    private static List<HostGroup> Groups(
        ProxyContext context,
        EquatableArray<VirtualServiceConfig> virtualServices,
        Dictionary<string, Service> services,
        Request request)
    {
        var groups = new List<HostGroup>();
        var covered = new HashSet<string>();
        foreach (var source in virtualServices)
        {
            AddVirtualService(context, source, services, request, groups, covered);
        }

        foreach (var service in services.Values.Where(s => !covered.Contains(s.Hostname)))
        {
            foreach (var port in service.Ports)
            {
                var cluster = Naming.Outbound(service.Hostname, "", port.Number);
                var route = HttpRoutes.Default(context, cluster, $"{Naming.HostPort(service.Hostname, port.Number)}/*");
                if (HashPolicies.Of(context, service, "", port.Number) is { } hash)
                {
                    route.Route_.HashPolicy.Add(hash);
                }

                groups.Add(new(service.Hostname, port.Number, service, [route]));
            }
        }

        return groups;
    }

    private static void AddVirtualService(
        ProxyContext context,
        VirtualServiceConfig source,
        Dictionary<string, Service> services,
        Request request,
        List<HostGroup> groups,
        HashSet<string> covered)
    {
        var (named, unknown) = Separate(source, services);
        var ports = named.SelectMany(s => (IEnumerable<ServicePort>)s.Ports).Select(p => p.Number).Distinct().ToList();
        if (ports.Count == 0 && request.Port == 80)
        {
            // A host that no service has can only be called on HTTP's own port.
            ports.Add(80);
        }

        foreach (var port in ports)
        {
            var routes = HttpRoutes.Build(new()
            {
                Context = context,
                Source = source,
                ListenPort = port,
                Gateways = MeshGateway,
                Services = context.Scope.ServicesByHost,
            });
            if (routes.Count == 0)
            {
                continue;
            }

            groups.AddRange(unknown.Select(host => new HostGroup(host, port, null, routes)));
            foreach (var service in named.Where(s => s.FindPort(port) is not null))
            {
                groups.Add(new(service.Hostname, port, service, routes));
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

    private static List<VirtualHost> Named(ProxyContext context, List<HostGroup> groups, Request request)
    {
        var withPort = request.Port == 0;
        var known = groups.Select(g => g.Hostname).ToHashSet();

        // RFC 9110 4.2.3: hosts are compared without regard to case.
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var result = new List<VirtualHost>();
        var served = groups.Where(g => g.Service is not null).Select(g => g.Hostname).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var group in groups)
        {
            // A host in another case than a service's name is that service.
            if (group.Service is null && served.Contains(group.Hostname))
            {
                continue;
            }

            if (!names.Add(Naming.HostPort(group.Hostname, group.Port)))
            {
                continue;
            }

            List<string> domains = withPort ? [group.Hostname, Naming.HostPort(group.Hostname, group.Port)] : [group.Hostname];
            List<string> alternatives = [];
            if (group.Service is { } service)
            {
                (domains, alternatives) = DomainNames.Of(context, service, group.Port, withPort);
            }

            if (withPort && group.Port != 80)
            {
                // Without a port in the authority HTTP's own is meant.
                domains.RemoveAll(d => !d.Contains(':', StringComparison.Ordinal));
            }

            // A short name never stands in the way of a service that has it as its full name; each name leads to one host.
            domains.RemoveAll(d => (alternatives.Contains(d) && known.Contains(d)) || !taken.Add(d));
            if (domains.Count > 0)
            {
                result.Add(Host(group, domains));
            }
        }

        return result;
    }

    private static VirtualHost Host(HostGroup group, List<string> domains)
    {
        var host = new VirtualHost { Name = Naming.HostPort(group.Hostname, group.Port), IncludeRequestAttemptCount = true };
        host.Domains.AddRange(domains);
        host.Routes.AddRange(group.Routes);
        return host;
    }

    /// <summary>What is done with requests for unknown hosts.</summary>
    public static VirtualHost CatchAll(ProxyContext context)
    {
        if (!context.AllowAny)
        {
            return new()
            {
                Name = Naming.BlockAll,
                Domains = { "*" },
                IncludeRequestAttemptCount = true,
                Routes =
                {
                    new Route
                    {
                        Name = Naming.BlockAll,
                        Match = new() { Prefix = "/" },
                        DirectResponse = new() { Status = 502 },
                    },
                },
            };
        }

        return new()
        {
            Name = Naming.AllowAny,
            Domains = { "*" },
            IncludeRequestAttemptCount = true,
            Routes =
            {
                new Route
                {
                    Name = Naming.AllowAny,
                    Match = new() { Prefix = "/" },
                    Route_ = new()
                    {
                        Cluster = Listeners.TcpProxies.CatchAllCluster(context),
                        Timeout = new Duration(),
                        MaxGrpcTimeout = new Duration(),
                    },
                },
            },
        };
    }
}
