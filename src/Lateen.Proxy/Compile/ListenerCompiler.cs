using Envoy.Config.Listener.V3;
using Google.Protobuf;
using Lateen.Net.Sockets;
using Lateen.Proxy.Listeners;
using FilterChain = Lateen.Proxy.Listeners.FilterChain;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.listener.v3.Listener to a <see cref="ListenerConfig"/>; equal filter chains of the last version are kept as objects.</summary>
internal static class ListenerCompiler
{
    public static ListenerConfig? Compile(CompileScope scope, Listener listener, ListenerConfig? last)
    {
        scope.Direction = listener.TrafficDirection;
        IpEndpoint address = scope.Address(listener.Address, "address");
        if (listener.Address?.SocketAddress?.Protocol == Envoy.Config.Core.V3.SocketAddress.Types.Protocol.Udp)
        {
            scope.Refuse("address.socket_address.protocol", "UDP listeners are not supported");
        }
        Dictionary<ByteString, FilterChain> kept = [];
        foreach (FilterChain chain in last?.AllChains ?? [])
        {
            kept.TryAdd(chain.Fingerprint, chain);
        }
        List<FilterChain> chains =
            [.. listener.FilterChains.Select((c, i) => FilterChainCompiler.Compile(scope, c, kept, $"filter_chains[{i}]")).OfType<FilterChain>()];
        FilterChain? fallback = listener.DefaultFilterChain is null ? null : FilterChainCompiler.Compile(scope, listener.DefaultFilterChain, kept, "default_filter_chain");
        ListenerFilters inspectors = ListenerFilterCompiler.Compile(scope, listener);
        AccessLog.AccessLogConfig[] logs = AccessLogCompiler.Compile(scope, listener.AccessLog, "access_log");
        if (scope.Problems.Count > 0)
        {
            return null;
        }
        ListenerConfig config = new()
        {
            Name = listener.Name,
            Address = address,
            BindsPort = listener.BindToPort ?? true,
            UsesOriginalDestination = listener.UseOriginalDst ?? false,
            RestoresDestination = inspectors.OriginalDestination,
            Transparent = listener.Transparent ?? false,
            IsInbound = listener.TrafficDirection == Envoy.Config.Core.V3.TrafficDirection.Inbound,
            DualStack = listener.Address!.SocketAddress.Ipv4Compat,
            ProxyProtocol = inspectors.ProxyProtocol,
            OriginalSource = inspectors.OriginalSource,
            InspectsTls = inspectors.Tls,
            InspectsHttp = inspectors.Http,
            TlsDisabledPorts = [.. inspectors.TlsDisabled],
            HttpDisabledPorts = [.. inspectors.HttpDisabled],
            InspectionTimeoutMilliseconds = CompileScope.Milliseconds(listener.ListenerFiltersTimeout, 15_000),
            ContinuesOnTimeout = listener.ContinueOnListenerFiltersTimeout,
            Chains = chains,
            DefaultChain = fallback,
            AccessLogs = logs,
            Routes = [.. chains.Append(fallback).Select(c => c?.Http?.Routes).OfType<Routing.RouteState>().Distinct()],
        };
        return config;
    }
}
