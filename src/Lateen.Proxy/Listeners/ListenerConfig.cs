using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Listeners;

/// <summary>A listener, compiled from envoy.config.listener.v3.Listener. Immutable.</summary>
internal sealed class ListenerConfig
{
    public required string Name { get; init; }

    public required IpEndpoint Address { get; init; }

    /// <summary>False for a virtual listener: it takes connections from one with <see cref="UsesOriginalDestination"/>.</summary>
    public bool BindsPort { get; init; } = true;

    /// <summary>use_original_dst: the connection is handed to the listener of its destination before redirection.</summary>
    public bool UsesOriginalDestination { get; init; }

    /// <summary>The original_dst listener filter: the destination is restored, no hand-off.</summary>
    public bool RestoresDestination { get; init; }

    public bool Transparent { get; init; }

    /// <summary>traffic_direction INBOUND: it takes what comes to the workload.</summary>
    public bool IsInbound { get; init; }

    public bool DualStack { get; init; }

    /// <summary>Null: connections begin with the client's own bytes.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>Null: hosts see this proxy's address.</summary>
    public OriginalSourceConfig? OriginalSource { get; init; }

    public bool InspectsTls { get; init; }

    public bool InspectsHttp { get; init; }

    /// <summary>Ports on which an inspector is off (filter_disabled with destination port ranges): [start, end).</summary>
    public (int Start, int End)[] TlsDisabledPorts { get; init; } = [];

    public (int Start, int End)[] HttpDisabledPorts { get; init; } = [];

    /// <summary>0: no limit.</summary>
    public long InspectionTimeoutMilliseconds { get; init; } = 15_000;

    public bool ContinuesOnTimeout { get; init; }

    public required IReadOnlyList<FilterChain> Chains { get; init; }

    public FilterChain? DefaultChain { get; init; }

    public AccessLogConfig[] AccessLogs { get; init; } = [];

    /// <summary>Route configurations that must be there before the listener may serve.</summary>
    public required IReadOnlyList<RouteState> Routes { get; init; }

    public IEnumerable<FilterChain> AllChains => DefaultChain is null ? Chains : Chains.Append(DefaultChain);

    public bool IsWarm => Routes.All(r => r.Table is not null);
}
