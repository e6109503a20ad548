using Lateen.Model.Networking;

namespace Lateen.Model.KubernetesGateways;

/// <summary>An HTTPRoute, TCPRoute or TLSRoute of the Gateway API, by <see cref="ConfigMeta.Kind"/>.</summary>
public sealed record KubernetesRoute
{
    public const string Http = "HTTPRoute";
    public const string Tcp = "TCPRoute";
    public const string Tls = "TLSRoute";

    public required ConfigMeta Meta { get; init; }

    public EquatableArray<ParentReference> Parents { get; init; }

    public EquatableArray<string> Hostnames { get; init; }

    public EquatableArray<RouteRule> Rules { get; init; }
}

/// <summary>What a route attaches to; null for what is not written.</summary>
public sealed record ParentReference(string? Group, string? Kind, string Name, string? Namespace, string? SectionName, int? Port);

/// <summary>A rule of a route; TCP and TLS rules have backends only.</summary>
public sealed record RouteRule
{
    /// <summary>Any of them has to match; empty = every request.</summary>
    public EquatableArray<HttpMatch> Matches { get; init; }

    public EquatableArray<RouteFilter> Filters { get; init; }

    public EquatableArray<BackendReference> Backends { get; init; }

    /// <summary>timeouts.request; null when absent or 0.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>timeouts.backendRequest; null when absent or 0.</summary>
    public TimeSpan? BackendTimeout { get; init; }
}

/// <summary>A backend with its share.</summary>
/// <param name="Port">Null when absent.</param>
public sealed record BackendReference(ObjectReference To, int? Port, int Weight = 1, EquatableArray<RouteFilter> Filters = default);

/// <summary>A filter; of its settings those of its type are there.</summary>
/// <param name="Type">For instance `RequestHeaderModifier`.</param>
public sealed record RouteFilter(string Type)
{
    public HeaderOperations? Headers { get; init; }

    public HttpRedirect? Redirect { get; init; }

    public HttpRewrite? Rewrite { get; init; }

    public BackendReference? Mirror { get; init; }
}
