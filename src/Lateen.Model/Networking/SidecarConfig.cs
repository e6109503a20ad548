namespace Lateen.Model.Networking;

/// <summary>How traffic reaches a listener of a Sidecar resource.</summary>
public enum CaptureMode
{
    Default,
    IpTables,
    None,
}

/// <summary>What happens to traffic for unknown hosts.</summary>
public enum OutboundTrafficMode
{
    /// <summary>It is dropped.</summary>
    RegistryOnly,

    /// <summary>It is passed on.</summary>
    AllowAny,
}

/// <summary>The policy for unknown hosts; an egress proxy takes them where it is set.</summary>
public sealed record OutboundTrafficPolicy(OutboundTrafficMode Mode, Destination? EgressProxy = null);

/// <summary>Istio's Sidecar: what the proxies of a namespace listen on and can reach.</summary>
public sealed record SidecarConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? WorkloadSelector { get; init; }

    public EquatableArray<SidecarIngress> Ingress { get; init; }

    public EquatableArray<SidecarEgress> Egress { get; init; }

    public OutboundTrafficPolicy? OutboundTrafficPolicy { get; init; }

    public ConnectionPoolSettings? InboundConnectionPool { get; init; }
}

/// <summary>An inbound port.</summary>
public sealed record SidecarIngress
{
    public required GatewayPort Port { get; init; }

    public string Bind { get; init; } = "";

    public CaptureMode CaptureMode { get; init; }

    /// <summary>`127.0.0.1:p`, `0.0.0.0:p`, `unix:///path`, or empty = the original destination.</summary>
    public string DefaultEndpoint { get; init; } = "";

    public ServerTlsSettings? Tls { get; init; }

    public ConnectionPoolSettings? ConnectionPool { get; init; }
}

/// <summary>An outbound listener, or (without port) everything that may be reached.</summary>
public sealed record SidecarEgress
{
    public GatewayPort? Port { get; init; }

    public string Bind { get; init; } = "";

    public CaptureMode CaptureMode { get; init; }

    /// <summary>`namespace/host`, where the namespace may be `*`, `.` or `~`.</summary>
    public EquatableArray<string> Hosts { get; init; }
}
