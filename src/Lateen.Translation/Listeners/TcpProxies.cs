using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Listeners;

/// <summary>The network filters of connections that are not HTTP.</summary>
internal static class TcpProxies
{
    public const string Name = "envoy.filters.network.tcp_proxy";

    /// <summary>Statistics, then the proxy to one cluster.</summary>
    public static IEnumerable<Filter> ToCluster(ProxyContext context, string cluster, TrafficDirection direction, string? statPrefix = null)
    {
        var proxy = new TcpProxy { StatPrefix = statPrefix ?? cluster, Cluster = cluster };
        return Complete(context, proxy, direction);
    }

    /// <summary>Statistics, then the proxy with access log and idle time-out of the node.</summary>
    public static IEnumerable<Filter> Complete(ProxyContext context, TcpProxy proxy, TrafficDirection direction)
    {
        if (direction == TrafficDirection.Inbound)
        {
            yield return new()
            {
                Name = "istio.metadata_exchange",
                TypedConfig = new Envoy.Tcp.Metadataexchange.Config.MetadataExchange { Protocol = "istio-peer-exchange" }.Pack(),
            };
        }

        if (direction == TrafficDirection.Inbound || context.IsGateway)
        {
            foreach (var filter in context.Authorization.CustomNetwork().Concat(context.Authorization.LocalNetwork()))
            {
                yield return filter;
            }
        }

        var kind = ListenerClasses.Of(context, direction);
        foreach (var filter in TelemetryFilters.Network(context, kind))
        {
            yield return filter;
        }

        if (TelemetryFilters.Standard(context, kind) is { } standard)
        {
            yield return new() { Name = TelemetryFilters.StatsName, TypedConfig = standard.Pack() };
        }

        proxy.AccessLog.AddRange(AccessLogs.Build(context, direction));
        if (NodeDurations.IdleTimeout(context) is { } idle)
        {
            proxy.IdleTimeout = idle.ToDuration();
        }

        yield return new() { Name = Name, TypedConfig = proxy.Pack() };
    }

    /// <summary>Traffic for nobody in particular: passed on, dropped, or sent to the Sidecar's egress proxy.</summary>
    public static IEnumerable<Filter> CatchAll(ProxyContext context)
    {
        var cluster = CatchAllCluster(context);
        return ToCluster(context, cluster, TrafficDirection.Outbound);
    }

    public static string CatchAllCluster(ProxyContext context)
    {
        if (context.Scope.OutboundTrafficPolicy.EgressProxy is { } proxy)
        {
            return Naming.Outbound(proxy.Host, proxy.Subset, proxy.Port ?? 0);
        }

        return context.AllowAny ? Naming.PassthroughCluster : Naming.BlackHoleCluster;
    }
}
