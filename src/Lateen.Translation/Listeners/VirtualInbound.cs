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

        AddInspectors(listener, ports, modes);
        listener.AccessLog.AddRange(AccessLogs.ForListener(context));
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

    /// <summary>Both inspectors run, but not on ports whose chains do not need them: there a server that speaks first would wait.</summary>
    private static void AddInspectors(Listener listener, EquatableArray<InboundPort> ports, MutualTls modes)
    {
        var withoutTls = new HashSet<int>();
        var withoutHttp = new HashSet<int>();
        foreach (var port in ports)
        {
            if (port.Tls is null && modes.ModeOf(port.TargetPort) == MutualTlsMode.Disable && !port.Protocol.IsTls())
            {
                withoutTls.Add(port.TargetPort);
            }

            if (!port.Protocol.IsUnsupported())
            {
                withoutHttp.Add(port.TargetPort);
            }
        }

        listener.ListenerFilters.Add(ListenerFilters.DisabledOn(ListenerFilters.TlsInspector(), withoutTls));
        listener.ListenerFilters.Add(ListenerFilters.DisabledOn(ListenerFilters.HttpInspector(), withoutHttp));
    }
}
