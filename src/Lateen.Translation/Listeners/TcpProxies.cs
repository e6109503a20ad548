using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Model;

namespace Lateen.Translation.Listeners;

/// <summary>Where a TCP proxy stands, and what it carries.</summary>
/// <param name="ExchangesPeers">The peer may speak `istio-peer-exchange`.</param>
/// <param name="Port">The port by which plugins choose their traffic; 0 for any.</param>
internal sealed record TcpProxyOptions(
    TrafficDirection Direction, Protocol Protocol = Protocol.Tcp, bool ExchangesPeers = false, int Port = 0)
{
    public static TcpProxyOptions Outbound { get; } = new(TrafficDirection.Outbound);

    public static TcpProxyOptions Inbound { get; } = new(TrafficDirection.Inbound, ExchangesPeers: true);
}

/// <summary>The network filters of connections that are not HTTP.</summary>
internal static class TcpProxies
{
    public const string Name = "envoy.filters.network.tcp_proxy";

    /// <summary>All filters of a connection that goes to one cluster.</summary>
    public static IEnumerable<Filter> ToCluster(ProxyContext context, string cluster, TcpProxyOptions options, string? statPrefix = null) =>
        Complete(context, new TcpProxy { StatPrefix = statPrefix ?? cluster, Cluster = cluster }, options);

    /// <summary>The filters before a proxy, and the proxy with access log and idle time-out of the node.</summary>
    public static IEnumerable<Filter> Complete(ProxyContext context, TcpProxy proxy, TcpProxyOptions options)
    {
        foreach (var filter in NetworkFilters.BeforeTcp(context, options.Direction, options.ExchangesPeers, options.Port))
        {
            yield return filter;
        }

        if (NetworkFilters.OfProtocol(context, options.Protocol, proxy.StatPrefix) is { } reader)
        {
            yield return reader;
        }

        proxy.AccessLog.AddRange(AccessLogs.Build(context, options.Direction));
        if (NodeDurations.IdleTimeout(context) is { } idle)
        {
            proxy.IdleTimeout = idle.ToDuration();
        }

        yield return new() { Name = Name, TypedConfig = proxy.Pack() };
    }

    /// <summary>Traffic for nobody in particular: passed on, dropped, or sent to the Sidecar's egress proxy.</summary>
    public static IEnumerable<Filter> CatchAll(ProxyContext context) => ToCluster(context, CatchAllCluster(context), TcpProxyOptions.Outbound);

    public static string CatchAllCluster(ProxyContext context)
    {
        if (context.Scope.OutboundTrafficPolicy.EgressProxy is { } proxy)
        {
            return Naming.Outbound(proxy.Host, proxy.Subset, proxy.Port ?? 0);
        }

        return context.AllowAny ? Naming.PassthroughCluster : Naming.BlackHoleCluster;
    }
}
