using Envoy.Config.Listener.V3;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Translation.Listeners;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Gateways;

/// <summary>Chains of gateway servers that do not speak HTTP, by the tcp and tls routes bound to the gateway.</summary>
internal static class GatewayTcpChains
{
    /// <summary>One chain to the first tcp route that applies; none without a route.</summary>
    public static IEnumerable<FilterChain> Plain(ProxyContext context, BoundServer server)
    {
        if (TcpFilters(context, server) is { } filters)
        {
            var chain = new FilterChain();
            chain.Filters.AddRange(filters);
            yield return chain;
        }
    }

    /// <summary>TLS that ends here is routed as TCP; TLS that passes through, by its server name.</summary>
    public static IEnumerable<FilterChain> Tls(ProxyContext context, BoundServer server)
    {
        if (!server.IsPassthrough)
        {
            if (TcpFilters(context, server) is { } filters)
            {
                var chain = new FilterChain { FilterChainMatch = new() };
                chain.FilterChainMatch.ServerNames.AddRange(GatewayHosts.ServerNames(server));
                chain.TransportSocket = ServerTls.Socket(context, server.Server.Tls!, []);
                chain.Filters.AddRange(filters);
                yield return chain;
            }

            yield break;
        }

        if (server.Server.Tls!.Mode == ServerTlsMode.AutoPassthrough)
        {
            foreach (var chain in SniPassthrough.Chains(context, server))
            {
                yield return chain;
            }

            yield break;
        }

        foreach (var (names, filters) in TlsRoutes(context, server))
        {
            var chain = new FilterChain { FilterChainMatch = new() };
            chain.FilterChainMatch.ServerNames.AddRange(names.Contains("*") ? [] : names);
            chain.Filters.AddRange(filters);
            yield return chain;
        }
    }

    private static IEnumerable<VirtualServiceConfig> Sources(ProxyContext context, BoundServer server) =>
        context.Snapshot.Index.VirtualServices.For(context.Proxy.Namespace, server.GatewayName)
            .Where(source => GatewayHosts.Matching(server, source).Count > 0);

    private static IEnumerable<Filter>? TcpFilters(ProxyContext context, BoundServer server)
    {
        foreach (var source in Sources(context, server))
        {
            foreach (var route in source.Tcp)
            {
                if (route.Match.IsEmpty || route.Match.Any(m => Applies(StaticConditions.Of(m), server)))
                {
                    return TcpRouteFilters.Of(Scope(context, server, source), route.Route);
                }
            }
        }

        return null;
    }

    private static IEnumerable<(List<string> Names, IEnumerable<Filter> Filters)> TlsRoutes(ProxyContext context, BoundServer server)
    {
        var taken = new HashSet<string>();
        foreach (var source in Sources(context, server))
        {
            foreach (var route in source.Tls)
            {
                foreach (var match in route.Match)
                {
                    if (!Applies(StaticConditions.Of(match), server))
                    {
                        continue;
                    }

                    // A name that two routes claim is served by the older: Envoy refuses a listener with both.
                    var names = match.SniHosts.Where(name => taken.Add(name)).ToList();
                    if (names.Count > 0)
                    {
                        yield return (names, TcpRouteFilters.Of(Scope(context, server, source), route.Route));
                    }
                }
            }
        }
    }

    private static bool Applies(StaticConditions conditions, BoundServer server) =>
        conditions.HoldAt(server.Server.Port.Number, new HashSet<string> { server.GatewayName });

    private static TcpRouteScope Scope(ProxyContext context, BoundServer server, VirtualServiceConfig source) => new(
        context,
        new ServicePort { Name = server.Server.Port.Name, Number = server.Server.Port.Number, Protocol = server.Protocol },
        source.Meta,
        server.Server.Tls?.Mode == ServerTlsMode.IstioMutual);
}
