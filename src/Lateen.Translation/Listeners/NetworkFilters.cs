using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.MongoProxy.V3;
using Lateen.Model;
using Lateen.Model.Extensions;
using Lateen.Translation.Extensions;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Listeners;

/// <summary>The network filters before the one that carries the traffic, in Istio's order.</summary>
/// <remarks>
/// Who the peer says that it is comes first, so that what is counted and what is denied already knows it; then statistics, the peer's
/// proven identity, and the policies that ask for it.
/// </remarks>
internal static class NetworkFilters
{
    /// <summary>Before a TCP proxy.</summary>
    /// <param name="exchangesPeers">The peer is a sidecar that may speak `istio-peer-exchange`: inbound, and behind the mesh's TLS at a gateway.</param>
    /// <param name="port">The port by which plugins choose their traffic; 0 for any.</param>
    public static IEnumerable<Filter> BeforeTcp(ProxyContext context, TrafficDirection direction, bool exchangesPeers, int port)
    {
        var kind = ListenerClasses.Of(context, direction);
        WasmPlugins.Report(context, kind, port, PluginType.Network);
        if (exchangesPeers)
        {
            yield return PeerExchange.AtListener();
        }

        foreach (var filter in TelemetryFilters.Network(context, kind))
        {
            yield return filter;
        }

        if (kind == ListenerClass.SidecarOutbound)
        {
            yield break;
        }

        yield return Authentication();
        foreach (var filter in context.Authorization.CustomNetwork().Concat(context.Authorization.LocalNetwork()))
        {
            yield return filter;
        }
    }

    /// <summary>Before an HTTP connection manager, which brings its own statistics and policies.</summary>
    public static IEnumerable<Filter> BeforeHttp(ProxyContext context, TrafficDirection direction)
    {
        var kind = ListenerClasses.Of(context, direction);
        if (kind == ListenerClass.SidecarInbound)
        {
            yield return PeerExchange.AtListener();
        }

        if (kind != ListenerClass.SidecarOutbound)
        {
            yield return Authentication();
        }
    }

    /// <summary>A filter that reads the protocol and only makes statistics of it; null for a protocol without one.</summary>
    public static Filter? OfProtocol(ProxyContext context, Protocol protocol, string statPrefix) =>
        protocol == Protocol.Mongo && context.Settings.MongoFilter
            ? new() { Name = "envoy.filters.network.mongo_proxy", TypedConfig = new MongoProxy { StatPrefix = statPrefix }.Pack() }
            : null;

    private static Filter Authentication() => new()
    {
        Name = "istio_authn",
        TypedConfig = new Io.Istio.Network.Authn.Config().Pack(),
    };
}
