using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>envoy.extensions.filters.http.ext_authz.v3.ExtAuthz, compiled. Immutable.</summary>
internal sealed record ExtAuthzConfig
{
    public required AuthorizationService Service { get; init; }

    /// <summary>Requests go on when the service fails (failure_mode_allow).</summary>
    public bool AllowsOnFailure { get; init; }

    /// <summary>failure_mode_allow_header_add: the upstream is told of it.</summary>
    public bool TellsOfFailure { get; init; }

    /// <summary>status_on_error.</summary>
    public int StatusOnError { get; init; } = 403;

    /// <summary>Null: the body is not sent along.</summary>
    public BodyBuffer? WithBody { get; init; }

    public bool ClearsRouteCache { get; init; }

    /// <summary>filter_enabled: the share of requests that are asked about.</summary>
    public (uint Numerator, uint Denominator) Enabled { get; init; } = (100, 100);

    /// <summary>filter_enabled_metadata: only requests whose metadata says so are asked about; null: all.</summary>
    public MetadataMatcher? EnabledMetadata { get; init; }

    /// <summary>deny_at_disable: requests that are not asked about are refused.</summary>
    public bool DeniesWhenDisabled { get; init; }

    public bool IncludesPeerCertificate { get; init; }

    public bool IncludesTlsSession { get; init; }

    /// <summary>metadata_context_namespaces.</summary>
    public string[] MetadataNamespaces { get; init; } = [];

    /// <summary>Request fields that the service is told of; empty: all (for gRPC).</summary>
    public StringMatcher[] AllowedFields { get; init; } = [];

    public StringMatcher[] DisallowedFields { get; init; } = [];

    /// <summary>context_extensions of the route; null without.</summary>
    public IReadOnlyDictionary<string, string>? Context { get; init; }
}

/// <summary>ext_authz.v3.BufferSettings.</summary>
internal sealed record BodyBuffer(int MaximumBytes, bool AllowsPartial, bool PacksAsBytes)
{
    public ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> body) => body[..Math.Min(body.Length, MaximumBytes)];

    public bool IsPartial(HttpExchange exchange) => !exchange.IsRequestComplete || exchange.KeptBody.Length > MaximumBytes;
}

/// <summary>A route's own settings (ExtAuthzPerRoute).</summary>
internal sealed record ExtAuthzRoute(bool IsDisabled, bool WithoutBody, BodyBuffer? WithBody, IReadOnlyDictionary<string, string> Context);
