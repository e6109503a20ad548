using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Listeners;

/// <summary>The listener that captured outbound connections arrive at; it hands them to the listener of their original destination.</summary>
internal static class VirtualOutbound
{
    public static Listener Build(ProxyContext context)
    {
        var port = context.Mesh.ProxyListenPort;
        var catchAll = new FilterChain { Name = "virtualOutbound-catchall-tcp" };
        catchAll.Filters.AddRange(TcpProxies.CatchAll(context));
        var listener = new Listener
        {
            Name = Naming.VirtualOutbound,
            Address = Protobuf.SocketAddress(context.Wildcard, port),
            UseOriginalDst = true,
            TrafficDirection = TrafficDirection.Outbound,
            FilterChains = { BlackHole("virtualOutbound-blackhole", port, context, TrafficDirection.Outbound), catchAll },
        };
        if (context.Proxy.InterceptionMode == InterceptionMode.Tproxy)
        {
            listener.Transparent = true;
        }

        listener.AccessLog.AddRange(AccessLogs.ForListener(context, TrafficDirection.Outbound));
        return listener;
    }

    /// <summary>Connections to the capture port itself would come back for ever.</summary>
    public static FilterChain BlackHole(string name, int port, ProxyContext context, TrafficDirection direction)
    {
        var chain = new FilterChain { Name = name, FilterChainMatch = new() { DestinationPort = (uint)port } };
        chain.Filters.AddRange(TcpProxies.ToCluster(
            context, Naming.BlackHoleCluster, direction == TrafficDirection.Inbound ? TcpProxyOptions.Inbound : TcpProxyOptions.Outbound));
        return chain;
    }
}
