using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;
using Lateen.Translation.Policies;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Listeners;

/// <summary>Chains of a service port that is not routed as HTTP: by VirtualService.tls and .tcp, else to the service itself.</summary>
internal static class OutboundTcpChains
{
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
                    if (!Applies(context, match.Port, match.SourceLabels, match.SourceNamespace, match.Gateways, port.Number))
                    {
                        continue;
                    }

                    any = true;
                    var subnets = match.DestinationSubnets.IsEmpty ? Subnets(cidr) : match.DestinationSubnets;
                    if (seen.Add($"{string.Join(',', match.SniHosts)};{string.Join(',', subnets)}"))
                    {
                        yield return Chain(match.SniHosts, subnets, Filters(context, route.Route, port.Number, source.Meta));
                    }
                }
            }
        }

        if (any)
        {
            yield break;
        }

        // Without an address of its own the service is known by the server name alone.
        yield return Chain(isWildcard || cidr.Length > 0 ? [service.Hostname] : default, Subnets(cidr), Direct(context, service, port));
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
                    yield return Chain(default, Subnets(cidr), Filters(context, route.Route, port.Number, source.Meta));
                    yield break;
                }

                var subnets = new List<string>();
                foreach (var match in route.Match)
                {
                    if (!Applies(context, match.Port, match.SourceLabels, match.SourceNamespace, match.Gateways, port.Number))
                    {
                        continue;
                    }

                    // Any destination: nothing after it is reached.
                    if (match.DestinationSubnets.IsEmpty)
                    {
                        yield return Chain(default, Subnets(cidr), Filters(context, route.Route, port.Number, source.Meta));
                        yield break;
                    }

                    subnets.AddRange(match.DestinationSubnets);
                }

                if (subnets.Count > 0)
                {
                    yield return Chain(default, subnets.ToEquatableArray(), Filters(context, route.Route, port.Number, source.Meta));
                }
            }
        }

        yield return Chain(default, Subnets(cidr), Direct(context, service, port));
    }

    private static EquatableArray<string> Subnets(string cidr) => cidr.Length == 0 ? [] : [cidr];

    private static bool Applies(
        ProxyContext context,
        int port,
        EquatableMap<string, string> labels,
        string @namespace,
        EquatableArray<string> gateways,
        int listenPort) =>
        (port == 0 || port == listenPort)
        && (gateways.IsEmpty || gateways.Contains(VirtualServiceIndex.MeshGateway))
        && LabelsMatch.IsSubset(labels, context.Proxy.Labels)
        && (@namespace.Length == 0 || @namespace == context.Proxy.Namespace);

    private static FilterChain Chain(EquatableArray<string> sni, EquatableArray<string> subnets, IEnumerable<Filter> filters)
    {
        var chain = new FilterChain();
        if (!sni.IsEmpty || !subnets.IsEmpty)
        {
            chain.FilterChainMatch = new();
            chain.FilterChainMatch.ServerNames.AddRange(sni);
            chain.FilterChainMatch.PrefixRanges.AddRange(subnets.Select(Protobuf.Cidr));
        }

        chain.Filters.AddRange(filters);
        return chain;
    }

    private static IEnumerable<Filter> Direct(ProxyContext context, Service service, ServicePort port)
    {
        var number = service.FindPort(port.Number) is null && service.Ports.Count == 1 ? service.Ports[0].Number : port.Number;
        var cluster = Naming.Outbound(service.Hostname, "", number);
        var proxy = new TcpProxy { StatPrefix = cluster, Cluster = cluster };
        Complete(proxy, context, service, "", number);
        return TcpProxies.Complete(context, proxy, TrafficDirection.Outbound);
    }

    public static IEnumerable<Filter> Filters(
        ProxyContext context, EquatableArray<RouteDestination> routes, int listenPort, ConfigMeta source)
    {
        var proxy = new TcpProxy { StatPrefix = $"{source.Name}.{source.Namespace}" };
        if (routes.Count == 1)
        {
            var destination = routes[0].Destination;
            var service = context.FindService(destination.Host);
            proxy.Cluster = Destinations.Cluster(destination, service, listenPort);
            proxy.StatPrefix = proxy.Cluster;
            Complete(proxy, context, service, destination.Subset, Destinations.Port(destination, service, listenPort));
        }
        else
        {
            proxy.WeightedClusters = new();
            foreach (var route in routes)
            {
                if (route.Weight > 0)
                {
                    var service = context.FindService(route.Destination.Host);
                    proxy.WeightedClusters.Clusters.Add(new TcpProxy.Types.WeightedCluster.Types.ClusterWeight
                    {
                        Name = Destinations.Cluster(route.Destination, service, listenPort),
                        Weight = (uint)route.Weight,
                    });
                }
            }
        }

        return TcpProxies.Complete(context, proxy, TrafficDirection.Outbound);
    }

    /// <summary>What the destination's rule says of connections: stickiness by address, and their longest life.</summary>
    private static void Complete(TcpProxy proxy, ProxyContext context, Service? service, string subset, int port)
    {
        if (service is null || context.RuleFor(service) is not { } rule)
        {
            return;
        }

        var policy = TrafficPolicies.Effective(
            rule.Rule.TrafficPolicy, subset.Length == 0 ? null : rule.FindSubset(subset)?.TrafficPolicy, port);
        if (policy?.LoadBalancer?.ConsistentHash is { UseSourceIp: true })
        {
            proxy.HashPolicy.Add(new Envoy.Type.V3.HashPolicy { SourceIp = new() });
        }

        if (policy?.ConnectionPool?.Tcp?.MaxConnectionDuration is { } duration)
        {
            proxy.MaxDownstreamConnectionDuration = duration.ToDuration();
        }

        if (policy?.Tunnel is { } tunnel)
        {
            proxy.TunnelingConfig = new()
            {
                Hostname = Naming.HostPort(tunnel.TargetHost, tunnel.TargetPort),
                UsePost = tunnel.Protocol == "POST",
            };
        }
    }
}
