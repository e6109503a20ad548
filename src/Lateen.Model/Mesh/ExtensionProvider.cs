namespace Lateen.Model.Mesh;

/// <summary>A backend that policies and telemetry name; one record per kind.</summary>
public abstract record ExtensionProvider(string Name);

public sealed record PrometheusProvider(string Name) : ExtensionProvider(Name);

public sealed record StackdriverProvider(string Name) : ExtensionProvider(Name)
{
    public bool Debug { get; init; }

    public EquatableMap<string, string> LoggingLabels { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>Null = not given.</summary>
    public uint? MaxTagLength { get; init; }
}

/// <summary>A log file; text format, or labels as JSON, or neither = the default text.</summary>
public sealed record EnvoyFileAccessLogProvider(string Name, string Path, string? TextFormat = null, string? LabelsJson = null)
    : ExtensionProvider(Name);

/// <summary>A service of the mesh that takes telemetry or checks requests.</summary>
/// <param name="Service">`host` or `namespace/host`.</param>
public abstract record ServiceProvider(string Name, string Service, int Port) : ExtensionProvider(Name);

public sealed record EnvoyHttpAlsProvider(string Name, string Service, int Port) : ServiceProvider(Name, Service, Port)
{
    public string LogName { get; init; } = "";

    public EquatableArray<string> FilterStateObjectsToLog { get; init; }

    public EquatableArray<string> AdditionalRequestHeadersToLog { get; init; }

    public EquatableArray<string> AdditionalResponseHeadersToLog { get; init; }

    public EquatableArray<string> AdditionalResponseTrailersToLog { get; init; }
}

public sealed record EnvoyTcpAlsProvider(string Name, string Service, int Port) : ServiceProvider(Name, Service, Port)
{
    public string LogName { get; init; } = "";

    public EquatableArray<string> FilterStateObjectsToLog { get; init; }
}

public sealed record EnvoyOtelAlsProvider(string Name, string Service, int Port) : ServiceProvider(Name, Service, Port)
{
    public string LogName { get; init; } = "";

    public string? TextFormat { get; init; }

    public string? LabelsJson { get; init; }
}

/// <summary>How a tracing provider speaks.</summary>
public enum TracerKind
{
    Zipkin,
    Lightstep,
    Datadog,
    Skywalking,
    Opencensus,
    Opentelemetry,
}

public sealed record TracingProvider(string Name, TracerKind Kind, string Service, int Port) : ServiceProvider(Name, Service, Port)
{
    /// <summary>Null = not given.</summary>
    public uint? MaxTagLength { get; init; }

    public string AccessToken { get; init; } = "";

    public bool Enable64BitTraceId { get; init; }

    /// <summary>OpenCensus propagation contexts, as written.</summary>
    public EquatableArray<string> Context { get; init; }
}

/// <summary>How much of a body goes to the check.</summary>
public sealed record RequestBodyInCheck(uint MaxRequestBytes, bool AllowPartialMessage = false, bool PackAsBytes = false);

public abstract record ExtAuthzProvider(string Name, string Service, int Port) : ServiceProvider(Name, Service, Port)
{
    public TimeSpan? Timeout { get; init; }

    public bool FailOpen { get; init; }

    /// <summary>HTTP status as text; empty = 403.</summary>
    public string StatusOnError { get; init; } = "";

    public RequestBodyInCheck? IncludeRequestBodyInCheck { get; init; }
}

public sealed record ExtAuthzGrpcProvider(string Name, string Service, int Port) : ExtAuthzProvider(Name, Service, Port);

public sealed record ExtAuthzHttpProvider(string Name, string Service, int Port) : ExtAuthzProvider(Name, Service, Port)
{
    public string PathPrefix { get; init; } = "";

    /// <summary>The deprecated field.</summary>
    public EquatableArray<string> IncludeHeadersInCheck { get; init; }

    public EquatableArray<string> IncludeRequestHeadersInCheck { get; init; }

    public EquatableMap<string, string> IncludeAdditionalHeadersInCheck { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<string> HeadersToUpstreamOnAllow { get; init; }

    public EquatableArray<string> HeadersToDownstreamOnDeny { get; init; }

    public EquatableArray<string> HeadersToDownstreamOnAllow { get; init; }
}
