using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;

namespace Lateen.Translation.Listeners;

/// <summary>An outbound listener while services are still being added to it.</summary>
/// <param name="bind">The address.</param>
/// <param name="port">The port; 0 for a Unix socket.</param>
/// <param name="bindToPort">Whether it takes connections itself; otherwise the capture listener hands them over.</param>
internal sealed class OutboundListenerDraft(string bind, int port, bool bindToPort)
{
    private readonly List<FilterChain> _tcp = [];
    private readonly HashSet<string> _tcpMatches = [];

    /// <summary>The route configuration of its HTTP chain; null while it has none.</summary>
    public string? RouteName { get; set; }

    public bool AddsGrpcWeb { get; set; }

    /// <summary>It holds a protocol that must not be mixed with others (the server speaks first).</summary>
    public bool IsExclusive { get; set; }

    /// <summary>A Sidecar's own egress port: services of the catch-all entry do not join it.</summary>
    public bool IsLocked { get; init; }

    /// <summary>Chains for other protocols than HTTP are told apart by it.</summary>
    public bool NeedsTlsInspector { get; set; }

    public bool HasTcp => _tcp.Count > 0;

    public bool IsEmpty => RouteName is null && _tcp.Count == 0;

    /// <summary>Adds a chain unless one with the same condition is there: the older service keeps it.</summary>
    public bool TryAdd(FilterChain chain)
    {
        if (!_tcpMatches.Add(chain.FilterChainMatch?.ToString() ?? "{ }"))
        {
            return false;
        }

        _tcp.Add(chain);
        return true;
    }

    public Listener Build(ProxyContext context)
    {
        var isWildcard = bind == context.Wildcard;
        var listener = new Listener
        {
            Name = port == 0 ? bind : Naming.Listener(bind, port),
            Address = port == 0
                ? new Address { Pipe = new() { Path = bind["unix://".Length..] } }
                : Protobuf.SocketAddress(bind, port),
            TrafficDirection = TrafficDirection.Outbound,
        };
        if (!bindToPort)
        {
            listener.BindToPort = false;
        }

        listener.FilterChains.AddRange(_tcp);
        var sniffsHttp = RouteName is not null && (isWildcard || HasTcp);
        if (RouteName is not null)
        {
            listener.FilterChains.Add(HttpChain(context, sniffsHttp));
        }

        if (sniffsHttp || (RouteName is null && _tcp.TrueForAll(c => c.FilterChainMatch is not null)))
        {
            SetFallThrough(listener, context);
        }

        if (sniffsHttp || NeedsTlsInspector)
        {
            listener.ListenerFilters.Add(ListenerFilters.TlsInspector());
        }

        if (sniffsHttp)
        {
            listener.ListenerFilters.Add(ListenerFilters.HttpInspector());
            listener.ListenerFiltersTimeout = context.Mesh.ProtocolDetectionTimeout.ToDuration();
            listener.ContinueOnListenerFiltersTimeout = true;
        }
        else if (listener.ListenerFilters.Count > 0)
        {
            listener.ListenerFiltersTimeout = new();
            listener.ContinueOnListenerFiltersTimeout = true;
        }

        listener.AccessLog.AddRange(AccessLogs.ForListener(context, TrafficDirection.Outbound));
        return listener;
    }

    private FilterChain HttpChain(ProxyContext context, bool sniffed)
    {
        var chain = new FilterChain();
        if (sniffed)
        {
            chain.FilterChainMatch = new() { TransportProtocol = "raw_buffer" };
            if (context.Settings.Http10)
            {
                chain.FilterChainMatch.ApplicationProtocols.Add("http/1.0");
            }

            chain.FilterChainMatch.ApplicationProtocols.Add("http/1.1");
            chain.FilterChainMatch.ApplicationProtocols.Add("h2c");
        }

        chain.Filters.Add(HttpManagers.Build(context, new()
        {
            StatPrefix = $"outbound_{(port == 0 ? bind : Naming.Listener(bind, port))}",
            Direction = TrafficDirection.Outbound,
            RouteName = RouteName,
            UseRemoteAddress = context.Settings.SidecarUseRemoteAddress,
            AddsGrpcWeb = AddsGrpcWeb,
            Port = port,
        }));
        return chain;
    }

    /// <summary>What no chain takes: the TCP service of this listener, else the policy for unknown destinations.</summary>
    private static void SetFallThrough(Listener listener, ProxyContext context)
    {
        var unconditional = listener.FilterChains.FirstOrDefault(c => c.FilterChainMatch is null);
        if (unconditional is not null)
        {
            listener.FilterChains.Remove(unconditional);
            unconditional.Name = Naming.PassthroughFilterChain;
            unconditional.FilterChainMatch = new();
            listener.DefaultFilterChain = unconditional;
            return;
        }

        listener.DefaultFilterChain = new() { Name = Naming.PassthroughFilterChain, FilterChainMatch = new() };
        listener.DefaultFilterChain.Filters.AddRange(TcpProxies.CatchAll(context));
    }
}
