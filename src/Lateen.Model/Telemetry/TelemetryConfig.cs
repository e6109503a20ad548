namespace Lateen.Model.Telemetry;

/// <summary>Which side of a call.</summary>
public enum WorkloadMode
{
    Undefined,
    Client,
    Server,
    ClientAndServer,
}

/// <summary>Istio's Telemetry.</summary>
public sealed record TelemetryConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? Selector { get; init; }

    public EquatableArray<TracingSettings> Tracing { get; init; }

    public EquatableArray<MetricsSettings> Metrics { get; init; }

    public EquatableArray<AccessLoggingSettings> AccessLogging { get; init; }
}

/// <summary>Spans.</summary>
public sealed record TracingSettings
{
    public WorkloadMode? Mode { get; init; }

    public EquatableArray<string> Providers { get; init; }

    /// <summary>Percent; null = inherited.</summary>
    public double? RandomSamplingPercentage { get; init; }

    public bool? DisableSpanReporting { get; init; }

    public bool? UseRequestIdForTraceSampling { get; init; }

    public EquatableMap<string, SpanTag> CustomTags { get; init; } = EquatableMap<string, SpanTag>.Empty;
}

/// <summary>Where a tag's value comes from; one of the three is set.</summary>
public sealed record SpanTag
{
    public string? Literal { get; init; }

    public NamedDefault? Environment { get; init; }

    public NamedDefault? Header { get; init; }
}

/// <summary>A name and the value used where it is missing.</summary>
public sealed record NamedDefault(string Name, string DefaultValue = "");

/// <summary>Metrics.</summary>
public sealed record MetricsSettings
{
    public EquatableArray<string> Providers { get; init; }

    public EquatableArray<MetricOverride> Overrides { get; init; }

    public TimeSpan? ReportingInterval { get; init; }
}

/// <summary>Standard metrics.</summary>
public enum IstioMetric
{
    AllMetrics,
    RequestCount,
    RequestDuration,
    RequestSize,
    ResponseSize,
    TcpOpenedConnections,
    TcpClosedConnections,
    TcpSentBytes,
    TcpReceivedBytes,
    GrpcRequestMessages,
    GrpcResponseMessages,
}

/// <summary>Changes tags of a metric or turns it off.</summary>
public sealed record MetricOverride
{
    /// <summary>Null where nothing is selected: all metrics on both sides.</summary>
    public MetricSelector? Match { get; init; }

    public bool? Disabled { get; init; }

    public EquatableMap<string, TagOverride> TagOverrides { get; init; } = EquatableMap<string, TagOverride>.Empty;
}

/// <summary>One of <paramref name="Metric"/> and <paramref name="CustomMetric"/> is set.</summary>
public sealed record MetricSelector(IstioMetric? Metric = null, string? CustomMetric = null, WorkloadMode Mode = WorkloadMode.Undefined);

/// <summary>What happens to a tag.</summary>
public enum TagOperation
{
    Upsert,
    Remove,
}

/// <summary>A tag's new value (CEL expression).</summary>
public sealed record TagOverride(TagOperation Operation = TagOperation.Upsert, string Value = "");

/// <summary>Access logs.</summary>
public sealed record AccessLoggingSettings
{
    public WorkloadMode? Mode { get; init; }

    public EquatableArray<string> Providers { get; init; }

    public bool? Disabled { get; init; }

    /// <summary>CEL expression; null = everything.</summary>
    public string? FilterExpression { get; init; }
}
