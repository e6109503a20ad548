using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Listeners;

/// <summary>Chains of a service port that is not routed as HTTP: by VirtualService.tls and .tcp, else to the service itself.</summary>
internal static class OutboundTcpChains
{
    private static readonly HashSet<string> MeshGateway = [VirtualServiceIndex.MeshGateway];

    /// <param name="isWildcard">The listener takes connections to any address.</param>
    /// <param name="cidr">The service's address where it is a range: connections are told apart by it; empty otherwise.</param>
    public static IEnumerable<FilterChain> Build(
        ProxyContext context,
        Service service,
        ServicePort port,
        string cidr,
        bool isWildcard,
        EquatableArray<VirtualServiceConfig> virtualServices)
    {
        var routes = virtualServices
            .Where(v => v.Hosts.Any(h => HostName.Matches(service.Hostname, h)))
            .ToList();
        return port.Protocol.IsTls() ? Tls(context, service, port, cidr, isWildcard, routes) : Tcp(context, service, port, cidr, routes);
    }

    private static IEnumerable<FilterChain> Tls(
        ProxyContext context, Service service, ServicePort port, string cidr, bool isWildcard, List<VirtualServiceConfig> routes)
    {
        var any = false;
        var seen = new HashSet<string>();
        foreach (var source in routes)
        {
            foreach (var route in source.Tls)
            {
                foreach (var match in route.Match)
                {
                    if (!Applies(context, StaticConditions.Of(match), port.Number))
                    {
                        continue;
                    }

                    any = true;
                    var subnets = match.DestinationSubnets.IsEmpty ? Subnets(cidr) : match.DestinationSubnets;
                    if (seen.Add($"{string.Join(',', match.SniHosts)};{string.Join(',', subnets)}"))
                    {
                        yield return Chain(match.SniHosts, subnets, TcpRouteFilters.Of(new(context, port, source.Meta), route.Route));
                    }
                }
            }
        }

        if (any)
        {
            yield break;
        }

        // Without an address of its own the service is known by the server name alone.
        yield return Chain(isWildcard || cidr.Length > 0 ? [service.Hostname] : default, Subnets(cidr), TcpRouteFilters.ToService(context, service, port));
    }

    private static IEnumerable<FilterChain> Tcp(
        ProxyContext context, Service service, ServicePort port, string cidr, List<VirtualServiceConfig> routes)
    {
        foreach (var source in routes)
        {
            foreach (var route in source.Tcp)
            {
                if (route.Match.IsEmpty)
                {
                    yield return Chain(default, Subnets(cidr), TcpRouteFilters.Of(new(context, port, source.Meta), route.Route));
                    yield break;
                }

                var subnets = new List<string>();
                foreach (var match in route.Match)
                {
                    if (!Applies(context, StaticConditions.Of(match), port.Number))
                    {
                        continue;
                    }

                    // Any destination: nothing after it is reached.
                    if (match.DestinationSubnets.IsEmpty)
                    {
                        yield return Chain(default, Subnets(cidr), TcpRouteFilters.Of(new(context, port, source.Meta), route.Route));
                        yield break;
                    }

                    subnets.AddRange(match.DestinationSubnets);
                }

                if (subnets.Count > 0)
                {
                    yield return Chain(default, subnets.ToEquatableArray(), TcpRouteFilters.Of(new(context, port, source.Meta), route.Route));
                }
            }
        }

        yield return Chain(default, Subnets(cidr), TcpRouteFilters.ToService(context, service, port));
    }

    private static EquatableArray<string> Subnets(string cidr) => cidr.Length == 0 ? [] : [cidr];

    private static bool Applies(ProxyContext context, StaticConditions conditions, int port) =>
        conditions.HoldAt(port, MeshGateway) && conditions.HoldFor(context.Proxy.Namespace, context.Proxy.Labels);

    private static FilterChain Chain(EquatableArray<string> sni, EquatableArray<string> subnets, IEnumerable<Filter> filters)
    {
        var chain = new FilterChain();
        if (!sni.IsEmpty || !subnets.IsEmpty)
        {
            chain.FilterChainMatch = new();
            chain.FilterChainMatch.ServerNames.AddRange(sni);
            chain.FilterChainMatch.PrefixRanges.AddRange(subnets.Select(Protobuf.Cidr).OfType<CidrRange>());
        }

        chain.Filters.AddRange(filters);
        return chain;
    }
}
