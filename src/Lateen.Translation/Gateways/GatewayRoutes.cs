using Envoy.Config.Route.V3;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Gateways;

/// <summary>Route configurations of a gateway's HTTP servers.</summary>
internal static class GatewayRoutes
{
    private const uint MaxDirectResponseBody = 1024 * 1024;

    public static RouteConfiguration Build(ProxyContext context, string name)
    {
        var servers = context.GatewayServers.OfRoute(name);
        var hosts = new Dictionary<string, VirtualHost>();
        foreach (var server in servers)
        {
            AddRouted(context, server, hosts);
        }

        foreach (var server in servers.Where(s => s.Server.Tls?.HttpsRedirect == true))
        {
            AddRedirects(server, hosts);
        }

        var configuration = new RouteConfiguration
        {
            Name = name,
            ValidateClusters = false,
            MaxDirectResponseBodySizeBytes = MaxDirectResponseBody,
            IgnorePortInHostMatching = true,
        };
        if (hosts.Count == 0)
        {
            // Nothing is bound to the gateway: every request is answered with 404.
            var port = servers.Count > 0 ? servers[0].Port : Port(name);
            configuration.VirtualHosts.Add(new VirtualHost { Name = Naming.HostPort("blackhole", port), Domains = { "*" } });
            return configuration;
        }

        foreach (var host in hosts.Values.OrderBy(h => h.Name, StringComparer.Ordinal))
        {
            SortCatchAllLast(host);
            host.IncludeRequestAttemptCount = context.TellsAttempts;
            configuration.VirtualHosts.Add(host);
        }

        return configuration;
    }

    private static void AddRouted(ProxyContext context, BoundServer server, Dictionary<string, VirtualHost> hosts)
    {
        var number = server.Server.Port.Number;
        foreach (var source in context.Snapshot.Index.VirtualServices.For(context.Proxy.Namespace, server.GatewayName))
        {
            var matching = GatewayHosts.Matching(server, source);
            if (matching.Count == 0)
            {
                continue;
            }

            var routes = HttpRoutes.Build(new()
            {
                Context = context,
                Source = source,
                ListenPort = number,
                Gateways = new HashSet<string> { server.GatewayName },
                Services = context.Scope.ServicesByHost,
                IsGateway = true,
                IsTls = server.IsTls,
            });
            if (routes.Count == 0)
            {
                continue;
            }

            foreach (var host in matching)
            {
                var virtualHost = Host(hosts, host, number);
                virtualHost.Routes.AddRange(routes);
                if (server.Server.Tls?.HttpsRedirect == true)
                {
                    virtualHost.RequireTls = VirtualHost.Types.TlsRequirementType.All;
                }
            }
        }
    }

    /// <summary>Hosts without routes are redirected to TLS as well.</summary>
    private static void AddRedirects(BoundServer server, Dictionary<string, VirtualHost> hosts)
    {
        foreach (var host in server.Server.Hosts.Select(GatewayHosts.HostOf))
        {
            Host(hosts, host, server.Server.Port.Number).RequireTls = VirtualHost.Types.TlsRequirementType.All;
        }
    }

    private static VirtualHost Host(Dictionary<string, VirtualHost> hosts, string host, int port)
    {
        // One listener's servers may be known to clients by different ports: a host is one all the same.
        if (!hosts.TryGetValue(host, out var found))
        {
            hosts[host] = found = new()
            {
                Name = Naming.HostPort(host, port),
                Domains = { host },
            };
        }

        return found;
    }

    /// <summary>Routes of several VirtualServices are one list here: what takes everything must not hide the rest.</summary>
    private static void SortCatchAllLast(VirtualHost host)
    {
        var routes = host.Routes.OrderBy(r => RouteMatches.TakesEverything(r.Match)).ToList();
        host.Routes.Clear();
        host.Routes.AddRange(routes);
    }

    private static int Port(string name) =>
        name.Split('.') is [_, var text, ..] && int.TryParse(text, out var port) ? port : 0;
}
