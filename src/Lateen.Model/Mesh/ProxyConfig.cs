using Lateen.Model.Networking;
using Lateen.Model.Telemetry;
using Lateen.Model.Workloads;

namespace Lateen.Model.Mesh;

/// <summary>Istio's mesh.v1alpha1.ProxyConfig: how one proxy runs, with the defaults of release 1.19.</summary>
public sealed record ProxyConfig
{
    public static ProxyConfig Default { get; } = new();

    public string ConfigPath { get; init; } = "./etc/istio/proxy";

    public string BinaryPath { get; init; } = "/usr/local/bin/envoy";

    public string ServiceCluster { get; init; } = "istio-proxy";

    public TimeSpan DrainDuration { get; init; } = TimeSpan.FromSeconds(45);

    public TimeSpan TerminationDrainDuration { get; init; } = TimeSpan.FromSeconds(5);

    public string DiscoveryAddress { get; init; } = "istiod.istio-system.svc:15012";

    /// <summary>`NONE` or `MUTUAL_TLS`.</summary>
    public string ControlPlaneAuthPolicy { get; init; } = "MUTUAL_TLS";

    public int ProxyAdminPort { get; init; } = 15000;

    public int StatusPort { get; init; } = 15020;

    public int StatNameLength { get; init; } = 189;

    /// <summary>Worker threads; null = not given, 0 = all cores.</summary>
    public int? Concurrency { get; init; }

    public ProxyTracing? Tracing { get; init; } =
        new() { Kind = ProxyTracerKind.Zipkin, Address = "zipkin.istio-system:9411" };

    /// <summary>Environment of the proxy.</summary>
    public EquatableMap<string, string> ProxyMetadata { get; init; } = EquatableMap<string, string>.Empty;

    public GatewayTopology? GatewayTopology { get; init; }

    public InterceptionMode? InterceptionMode { get; init; }

    public bool HoldApplicationUntilProxyStarts { get; init; }

    public string MeshId { get; init; } = "";

    public string ImageType { get; init; } = "";

    public EquatableArray<string> ExtraStatTags { get; init; }

    public ProxyStatsMatcher? ProxyStatsMatcher { get; init; }

    /// <summary>`host:port` of the access log service; empty = none.</summary>
    public string EnvoyAccessLogServiceAddress { get; init; } = "";

    public string EnvoyMetricsServiceAddress { get; init; } = "";

    public EquatableArray<string> CaCertificatesPem { get; init; }

    public string AvailabilityZone { get; init; } = "";

    public ProxyHeaders? ProxyHeaders { get; init; }

    /// <summary>The readiness probe of a VM as JSON; null = none.</summary>
    public string? ReadinessProbeJson { get; init; }

    /// <summary>Private key provider as JSON; null = none.</summary>
    public string? PrivateKeyProviderJson { get; init; }
}

/// <summary>Which tracer the proxy's bootstrap speaks to.</summary>
public enum ProxyTracerKind
{
    /// <summary>No tracer is named.</summary>
    None,
    Zipkin,
    Lightstep,
    Datadog,
    Stackdriver,
    OpenCensusAgent,
}

/// <summary>Tracing of a proxy where no provider is named.</summary>
public sealed record ProxyTracing
{
    public ProxyTracerKind Kind { get; init; }

    public string Address { get; init; } = "";

    public string AccessToken { get; init; } = "";

    public EquatableMap<string, SpanTag> CustomTags { get; init; } = EquatableMap<string, SpanTag>.Empty;

    /// <summary>0 = default 256.</summary>
    public uint MaxPathTagLength { get; init; }

    /// <summary>Percent; 0 = the control plane's default.</summary>
    public double Sampling { get; init; }

    public ClientTlsSettings? TlsSettings { get; init; }

    /// <summary>OpenCensus propagation contexts, as written.</summary>
    public EquatableArray<string> Context { get; init; }

    public bool StackdriverDebug { get; init; }
}

/// <summary>What becomes of the client certificate header.</summary>
public enum ForwardClientCertDetails
{
    /// <summary>The gateway's default: SANITIZE_SET.</summary>
    Undefined,
    Sanitize,
    ForwardOnly,
    AppendForward,
    SanitizeSet,
    AlwaysForwardOnly,
}

/// <summary>What stands before a gateway.</summary>
public sealed record GatewayTopology(
    uint NumTrustedProxies = 0,
    ForwardClientCertDetails ForwardClientCertDetails = ForwardClientCertDetails.Undefined,
    bool ProxyProtocol = false);

/// <summary>Which statistics are made beside the standard ones.</summary>
public sealed record ProxyStatsMatcher(
    EquatableArray<string> InclusionPrefixes,
    EquatableArray<string> InclusionSuffixes,
    EquatableArray<string> InclusionRegexps);

/// <summary>Headers that the proxy itself adds; by default all of them.</summary>
public sealed record ProxyHeaders
{
    /// <summary>Inbound; undefined = APPEND_FORWARD.</summary>
    public ForwardClientCertDetails ForwardedClientCert { get; init; }

    /// <summary>Requests without `x-request-id` stay without.</summary>
    public bool RequestIdDisabled { get; init; }

    /// <summary>`server` is the application's own.</summary>
    public bool ServerDisabled { get; init; }

    /// <summary>What `server` says; empty = the default of the listener.</summary>
    public string ServerValue { get; init; } = "";

    /// <summary>No `x-envoy-attempt-count`.</summary>
    public bool AttemptCountDisabled { get; init; }

    /// <summary>No other `x-envoy-` headers.</summary>
    public bool EnvoyDebugHeadersDisabled { get; init; }
}
