using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Translation.Clusters;
using Lateen.Translation.Policies;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Listeners;

/// <summary>The filters that carry a connection to the destinations of a tcp or tls route, or to a service itself.</summary>
internal static class TcpRouteFilters
{
    /// <summary>To a service that no route names.</summary>
    public static IEnumerable<Filter> ToService(ProxyContext context, Service service, ServicePort port)
    {
        var served = service.FindPort(port.Number) is null && service.Ports.Count == 1 ? service.Ports[0] : port;
        var proxy = Single(context, new Destination(service.Hostname, Port: served.Number), service, port);
        return TcpProxies.Complete(context, proxy, TcpProxyOptions.Outbound with { Protocol = port.Protocol, Port = port.Number });
    }

    /// <summary>To one destination, or to several by their weights.</summary>
    public static IEnumerable<Filter> Of(TcpRouteScope scope, EquatableArray<RouteDestination> routes)
    {
        var context = scope.Context;
        var proxy = routes.Count == 1
            ? Single(context, routes[0].Destination, context.FindService(routes[0].Destination.Host), scope.Port)
            : Weighted(scope, routes);
        return TcpProxies.Complete(context, proxy, new(TrafficDirection.Outbound, scope.Port.Protocol, scope.ExchangesPeers, scope.Port.Number));
    }

    private static TcpProxy Single(ProxyContext context, Destination destination, Service? service, ServicePort port)
    {
        var proxy = new TcpProxy { Cluster = Destinations.Cluster(destination, service, port.Number) };
        proxy.StatPrefix = context.Mesh.OutboundClusterStatName is { Length: > 0 } pattern && service is not null
            ? StatNames.Of(pattern, new OutboundTarget(service, port, null, default, SubsetOf(destination)))
            : proxy.Cluster;
        Complete(proxy, context, service, destination.Subset, Destinations.Port(destination, service, port.Number));
        return proxy;
    }

    private static TcpProxy Weighted(TcpRouteScope scope, EquatableArray<RouteDestination> routes)
    {
        var context = scope.Context;
        var proxy = new TcpProxy { StatPrefix = $"{scope.Source.Name}.{scope.Source.Namespace}", WeightedClusters = new() };
        foreach (var route in routes)
        {
            if (route.Weight > 0)
            {
                var service = context.FindService(route.Destination.Host);
                proxy.WeightedClusters.Clusters.Add(new TcpProxy.Types.WeightedCluster.Types.ClusterWeight
                {
                    Name = Destinations.Cluster(route.Destination, service, scope.Port.Number),
                    Weight = (uint)route.Weight,
                });
            }
        }

        // Settings are the proxy's, not a cluster's: those of the first destination's host hold, without its subset's.
        if (!routes.IsEmpty)
        {
            var first = routes[0].Destination;
            var service = context.FindService(first.Host);
            Complete(proxy, context, service, "", Destinations.Port(first, service, scope.Port.Number));
        }

        return proxy;
    }

    private static Subset? SubsetOf(Destination destination) =>
        destination.Subset.Length == 0 ? null : new Subset(destination.Subset, EquatableMap<string, string>.Empty);

    /// <summary>What the destination's rule says of connections: stickiness by address, their longest life, a tunnel.</summary>
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
                Hostname = Naming.HostPort(DomainNames.Bracketed(tunnel.TargetHost), tunnel.TargetPort),
                UsePost = tunnel.Protocol == "POST",
            };
        }
    }
}
