using Lateen.Model.Networking;

namespace Lateen.Model.Mesh;

/// <summary>How access logs are written.</summary>
public enum AccessLogEncoding
{
    Text,
    Json,
}

/// <summary>Whether Ingress resources are served.</summary>
public enum IngressControllerMode
{
    Unspecified,
    Off,
    Default,
    Strict,
}

/// <summary>How paths are normalised.</summary>
public enum PathNormalization
{
    /// <summary>As <see cref="Base"/>.</summary>
    Default,
    None,
    Base,
    MergeSlashes,
    DecodeAndMergeSlashes,
}

/// <summary>Istio's MeshConfig with the defaults of release 1.19.</summary>
public sealed record MeshConfig
{
    public static MeshConfig Default { get; } = new();

    /// <summary>The settings that were given, without the defaults.</summary>
    public SourceText Source { get; init; } = SourceText.None;

    public int ProxyListenPort { get; init; } = 15001;

    public int ProxyInboundListenPort { get; init; } = 15006;

    /// <summary>0 = no HTTP proxy listener.</summary>
    public int ProxyHttpPort { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Zero = wait for ever.</summary>
    public TimeSpan ProtocolDetectionTimeout { get; init; }

    public TcpKeepalive? TcpKeepalive { get; init; }

    public string IngressClass { get; init; } = "istio";

    public string IngressService { get; init; } = "istio-ingressgateway";

    public string IngressSelector { get; init; } = "ingressgateway";

    public IngressControllerMode IngressControllerMode { get; init; } = IngressControllerMode.Strict;

    public bool EnableTracing { get; init; } = true;

    /// <summary>The path of the access log, for instance `/dev/stdout`; empty = none.</summary>
    public string AccessLogFile { get; init; } = "";

    public string AccessLogFormat { get; init; } = "";

    public AccessLogEncoding AccessLogEncoding { get; init; }

    public bool EnableEnvoyAccessLogService { get; init; }

    public bool DisableEnvoyListenerLog { get; init; }

    public ProxyConfig DefaultConfig { get; init; } = ProxyConfig.Default;

    public OutboundTrafficPolicy OutboundTrafficPolicy { get; init; } = new(OutboundTrafficMode.AllowAny);

    public string TrustDomain { get; init; } = "cluster.local";

    public EquatableArray<string> TrustDomainAliases { get; init; }

    public EquatableArray<string> DefaultServiceExportTo { get; init; } = ["*"];

    public EquatableArray<string> DefaultVirtualServiceExportTo { get; init; } = ["*"];

    public EquatableArray<string> DefaultDestinationRuleExportTo { get; init; } = ["*"];

    public string RootNamespace { get; init; } = "istio-system";

    public bool EnableAutoMtls { get; init; } = true;

    public LocalityLoadBalancer? LocalityLbSetting { get; init; } = new() { Enabled = true };

    public TimeSpan DnsRefreshRate { get; init; } = TimeSpan.FromSeconds(60);

    public H2UpgradePolicy H2UpgradePolicy { get; init; } = H2UpgradePolicy.DoNotUpgrade;

    public string InboundClusterStatName { get; init; } = "";

    public string OutboundClusterStatName { get; init; } = "";

    public bool EnablePrometheusMerge { get; init; } = true;

    public bool? VerifyCertificateAtClient { get; init; }

    public EquatableArray<ExtensionProvider> ExtensionProviders { get; init; } =
    [
        new PrometheusProvider("prometheus"),
        new StackdriverProvider("stackdriver"),
        new EnvoyFileAccessLogProvider("envoy", "/dev/stdout"),
    ];

    public DefaultProviders DefaultProviders { get; init; } = new();

    public EquatableArray<LabelSelector> DiscoverySelectors { get; init; }

    public PathNormalization PathNormalization { get; init; }

    public HttpRetry? DefaultHttpRetryPolicy { get; init; }

    public EquatableArray<ServiceSettings> ServiceSettings { get; init; }

    /// <summary>The lowest TLS version between sidecars.</summary>
    public TlsProtocolVersion MeshMtlsMinProtocolVersion { get; init; }

    /// <summary>The cipher suites between sidecars; empty = the built-in ones.</summary>
    public EquatableArray<string> MeshMtlsCipherSuites { get; init; }

    /// <summary>For TLS that is not the mesh's own.</summary>
    public TlsDefaults? TlsDefaults { get; init; }
}

/// <summary>Names of the providers used where a Telemetry resource names none.</summary>
public sealed record DefaultProviders
{
    public EquatableArray<string> Tracing { get; init; }

    public EquatableArray<string> Metrics { get; init; }

    public EquatableArray<string> AccessLogging { get; init; }
}

/// <summary>Kubernetes' label selector.</summary>
public sealed record LabelSelector(EquatableMap<string, string> MatchLabels, EquatableArray<LabelRequirement> MatchExpressions)
{
    /// <summary>Whether labels are chosen; an empty selector chooses all.</summary>
    public bool Matches(EquatableMap<string, string> labels) =>
        LabelsMatch.IsSubset(MatchLabels, labels) && MatchExpressions.All(requirement => requirement.Holds(labels));
}

/// <summary>Operator is `In`, `NotIn`, `Exists` or `DoesNotExist`.</summary>
public sealed record LabelRequirement(string Key, string Operator, EquatableArray<string> Values)
{
    /// <summary>Whether labels fulfil it; with an unknown operator nothing does.</summary>
    public bool Holds(EquatableMap<string, string> labels)
    {
        var value = labels.Find(Key);
        return Operator switch
        {
            "In" => value is not null && Values.Contains(value),
            "NotIn" => value is null || !Values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}

/// <summary>Settings of services by host.</summary>
public sealed record ServiceSettings(bool ClusterLocal, EquatableArray<string> Hosts);

/// <summary>Defaults of TLS towards and from outside of the mesh.</summary>
public sealed record TlsDefaults(TlsProtocolVersion MinProtocolVersion, EquatableArray<string> CipherSuites, EquatableArray<string> EcdhCurves);
