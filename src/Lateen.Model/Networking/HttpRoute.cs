namespace Lateen.Model.Networking;

/// <summary>One rule of VirtualService.http: when, and what then.</summary>
public sealed record HttpRoute
{
    public string Name { get; init; } = "";

    /// <summary>Any of them has to match; empty matches everything.</summary>
    public EquatableArray<HttpMatch> Match { get; init; }

    public EquatableArray<HttpRouteDestination> Route { get; init; }

    public HttpRedirect? Redirect { get; init; }

    public HttpDirectResponse? DirectResponse { get; init; }

    public DelegateReference? Delegate { get; init; }

    public HttpRewrite? Rewrite { get; init; }

    /// <summary>Null = no timeout; zero = disabled.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Null = the mesh's default policy.</summary>
    public HttpRetry? Retries { get; init; }

    public HttpFault? Fault { get; init; }

    public Destination? Mirror { get; init; }

    /// <summary>Percent of requests that are mirrored; null = all.</summary>
    public double? MirrorPercentage { get; init; }

    public EquatableArray<HttpMirror> Mirrors { get; init; }

    public CorsPolicy? CorsPolicy { get; init; }

    public HeaderRules? Headers { get; init; }
}

/// <summary>One target of mirrored requests.</summary>
public sealed record HttpMirror(Destination Destination, double? Percentage = null);

/// <summary>A VirtualService without hosts that holds the routes.</summary>
public sealed record DelegateReference(string Name, string Namespace = "");

/// <summary>Conditions on a request; all have to hold.</summary>
public sealed record HttpMatch
{
    public string Name { get; init; } = "";

    public StringMatch? Uri { get; init; }

    public bool IgnoreUriCase { get; init; }

    public StringMatch? Scheme { get; init; }

    public StringMatch? Method { get; init; }

    public StringMatch? Authority { get; init; }

    /// <summary>Header names are lower case.</summary>
    public EquatableMap<string, StringMatch> Headers { get; init; } = EquatableMap<string, StringMatch>.Empty;

    public EquatableMap<string, StringMatch> WithoutHeaders { get; init; } = EquatableMap<string, StringMatch>.Empty;

    public EquatableMap<string, StringMatch> QueryParams { get; init; } = EquatableMap<string, StringMatch>.Empty;

    /// <summary>The listener's port; 0 = any.</summary>
    public int Port { get; init; }

    public EquatableMap<string, string> SourceLabels { get; init; } = EquatableMap<string, string>.Empty;

    public string SourceNamespace { get; init; } = "";

    public EquatableArray<string> Gateways { get; init; }

    public string StatPrefix { get; init; } = "";
}
