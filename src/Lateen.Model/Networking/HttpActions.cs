namespace Lateen.Model.Networking;

/// <summary>How the port of a redirect is found where none is given.</summary>
public enum RedirectPortSelection
{
    FromProtocolDefault,
    FromRequestPort,
}

/// <summary>Answers with a redirect.</summary>
public sealed record HttpRedirect
{
    public string Uri { get; init; } = "";

    public string Authority { get; init; } = "";

    public string Scheme { get; init; } = "";

    public int? Port { get; init; }

    public RedirectPortSelection? DerivePort { get; init; }

    /// <summary>301, 302, 303, 307 or 308; 0 means 301.</summary>
    public int RedirectCode { get; init; }
}

/// <summary>Answers with a fixed status and body.</summary>
/// <param name="BodyText">The body as text; null where it is bytes or absent.</param>
public sealed record HttpDirectResponse(int Status, string? BodyText = null, EquatableArray<byte>? BodyBytes = null);

/// <summary>Changes path and authority before forwarding.</summary>
public sealed record HttpRewrite(string Uri = "", string Authority = "", RegexRewrite? UriRegexRewrite = null);

/// <summary>RE2 expression and replacement (`\1` names a group).</summary>
public sealed record RegexRewrite(string Match, string Rewrite);

/// <summary>Repeats failed requests.</summary>
/// <param name="Attempts">How many retries; 0 disables them.</param>
/// <param name="RetryOn">Envoy's conditions and status codes, comma separated; empty = the default ones.</param>
public sealed record HttpRetry(int Attempts, TimeSpan? PerTryTimeout = null, string RetryOn = "", bool? RetryRemoteLocalities = null);

/// <summary>Faults put in on purpose.</summary>
public sealed record HttpFault(FaultDelay? Delay = null, FaultAbort? Abort = null);

/// <param name="Percentage">Percent of requests; null where the deprecated whole-number field is used.</param>
/// <param name="Percent">The deprecated field.</param>
public sealed record FaultDelay(TimeSpan? FixedDelay = null, TimeSpan? ExponentialDelay = null, double? Percentage = null, int Percent = 0);

/// <summary>Ends requests with a status.</summary>
public sealed record FaultAbort(int? HttpStatus = null, string? GrpcStatus = null, string? Http2Error = null, double? Percentage = null);

/// <summary>Cross-origin resource sharing.</summary>
public sealed record CorsPolicy
{
    /// <summary>The deprecated exact origins.</summary>
    public EquatableArray<string> AllowOrigin { get; init; }

    public EquatableArray<StringMatch> AllowOrigins { get; init; }

    public EquatableArray<string> AllowMethods { get; init; }

    public EquatableArray<string> AllowHeaders { get; init; }

    public EquatableArray<string> ExposeHeaders { get; init; }

    public TimeSpan? MaxAge { get; init; }

    public bool? AllowCredentials { get; init; }
}
