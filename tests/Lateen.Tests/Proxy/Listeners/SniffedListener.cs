using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.HttpInspector.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>A listener that looks for TLS and HTTP and waits for ever for the client's bytes, as Istio's does.</summary>
internal static class SniffedListener
{
    /// <summary>HTTP goes by the route configuration "routes", all else to the cluster.</summary>
    public static Listener Of(string cluster)
    {
        Listener listener = ProxyBed.HttpListener("sniffed", ProxyBed.Manager("routes"));
        listener.FilterChains[0].FilterChainMatch = new() { TransportProtocol = "raw_buffer", ApplicationProtocols = { "http/1.1", "h2c" } };
        listener.DefaultFilterChain = new() { Name = "tcp" };
        listener.DefaultFilterChain.Filters.Add(Named("envoy.filters.network.tcp_proxy", new TcpProxy { StatPrefix = "t", Cluster = cluster }));
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.tls_inspector", TypedConfig = ProxyBed.Pack(new TlsInspector()) });
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.http_inspector", TypedConfig = ProxyBed.Pack(new HttpInspector()) });
        listener.ListenerFiltersTimeout = new Duration();
        listener.ContinueOnListenerFiltersTimeout = true;
        return listener;
    }

    public static Filter Named(string name, IMessage config) => new() { Name = name, TypedConfig = ProxyBed.Pack(config) };
}
