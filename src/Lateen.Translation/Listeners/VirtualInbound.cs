using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model;
using Lateen.Model.Policies;
using Lateen.Model.Workloads;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Listeners;

/// <summary>The listener that captured inbound connections arrive at: chains for the workload's ports, and for all others.</summary>
internal static class VirtualInbound
{
    public static IEnumerable<Listener> Build(ProxyContext context)
    {
        var modes = MutualTls.Of(context.Snapshot, context.Proxy.Namespace, context.Proxy.Labels);
        var ports = InboundPorts.Find(context);
        foreach (var port in ports)
        {
            if (port.Bind.Length > 0)
            {
                yield return Bound(context, port, modes.ModeOf(port.TargetPort));
            }
        }

        if (context.IsUncaptured)
        {
            yield break;
        }

        var captured = ports.Where(p => p.Bind.Length == 0).ToEquatableArray();
        yield return Captured(context, captured, modes);
    }

    private static Listener Captured(ProxyContext context, EquatableArray<InboundPort> ports, MutualTls modes)
    {
        var listener = new Listener
        {
            Name = Naming.VirtualInbound,
            Address = Protobuf.SocketAddress(context.Wildcard, context.Mesh.ProxyInboundListenPort),
            TrafficDirection = TrafficDirection.Inbound,
            ListenerFiltersTimeout = context.Mesh.ProtocolDetectionTimeout.ToDuration(),
            ContinueOnListenerFiltersTimeout = true,
            FilterChains =
            {
                VirtualOutbound.BlackHole(
                    "virtualInbound-blackhole", context.Mesh.ProxyInboundListenPort, context, TrafficDirection.Inbound),
            },
        };
        listener.FilterChains.AddRange(InboundChains.Passthrough(context, modes, ports));
        foreach (var port in ports)
        {
            listener.FilterChains.AddRange(InboundChains.OfPort(context, port, modes.ModeOf(port.TargetPort)));
        }

        listener.ListenerFilters.Add(ListenerFilters.OriginalDestination());
        if (context.Proxy.InterceptionMode == InterceptionMode.Tproxy)
        {
            listener.Transparent = true;
            listener.ListenerFilters.Add(ListenerFilters.OriginalSource());
        }

        AddInspectors(listener, context.Mesh.ProxyInboundListenPort);
        listener.AccessLog.AddRange(AccessLogs.ForListener(context, TrafficDirection.Inbound));
        return listener;
    }

    private static Listener Bound(ProxyContext context, InboundPort port, MutualTlsMode mode)
    {
        var listener = new Listener
        {
            Name = Naming.Listener(port.Bind, port.TargetPort),
            Address = Protobuf.SocketAddress(port.Bind, port.TargetPort),
            TrafficDirection = TrafficDirection.Inbound,
            ListenerFiltersTimeout = context.Mesh.ProtocolDetectionTimeout.ToDuration(),
            ContinueOnListenerFiltersTimeout = true,
        };
        foreach (var chain in InboundChains.OfPort(context, port, mode))
        {
            chain.FilterChainMatch.DestinationPort = null;
            listener.FilterChains.Add(chain);
        }

        listener.ListenerFilters.Add(ListenerFilters.TlsInspector());
        if (!port.Protocol.IsHttp() && port.Protocol.IsUnsupported())
        {
            listener.ListenerFilters.Add(ListenerFilters.HttpInspector());
        }

        return listener;
    }

    /// <summary>An inspector runs only on ports whose chains ask for it: elsewhere a server that speaks first would wait.</summary>
    private static void AddInspectors(Listener listener, int capturePort)
    {
        AddInspector(listener, capturePort, ListenerFilters.TlsInspector(), m => m.TransportProtocol == "tls" || m.ServerNames.Count > 0);
        AddInspector(
            listener,
            capturePort,
            ListenerFilters.HttpInspector(),
            m => m.TransportProtocol == "raw_buffer" && m.ApplicationProtocols.Count > 0);
    }

    private static void AddInspector(Listener listener, int capturePort, ListenerFilter filter, Func<FilterChainMatch, bool> asks)
    {
        var byPort = listener.FilterChains
            .Where(c => c.FilterChainMatch.DestinationPort != capturePort)
            .GroupBy(c => (int)(c.FilterChainMatch.DestinationPort ?? 0))
            .ToDictionary(g => g.Key, g => g.Any(c => asks(c.FilterChainMatch)));
        var everywhere = byPort.GetValueOrDefault(0);
        var exceptions = byPort.Where(p => p.Key != 0 && p.Value != everywhere).Select(p => p.Key).ToList();
        if (everywhere)
        {
            listener.ListenerFilters.Add(ListenerFilters.DisabledOn(filter, exceptions));
        }
        else if (exceptions.Count > 0)
        {
            listener.ListenerFilters.Add(ListenerFilters.EnabledOn(filter, exceptions));
        }
    }
}
