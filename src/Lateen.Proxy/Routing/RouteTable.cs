using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Routing;

/// <summary>A route configuration, compiled from envoy.config.route.v3.RouteConfiguration. Immutable.</summary>
/// <remarks>
/// Host choice (Envoy, "Route matching"): exact, longest <c>*suffix</c>, longest <c>prefix*</c>, then <c>*</c>. Within a virtual host the first
/// route that matches wins.
/// </remarks>
internal sealed class RouteTable
{
    public required string Name { get; init; }

    public required ByteMap<VirtualHostSource> Exact { get; init; }

    /// <summary>Suffixes with their dot or other first character, longest first.</summary>
    public required (byte[] Text, VirtualHostSource Source)[] Suffixes { get; init; }

    public required (byte[] Text, VirtualHostSource Source)[] Prefixes { get; init; }

    public VirtualHostSource? CatchAll { get; init; }

    public bool IgnorePort { get; init; }

    public HeaderEdits RequestEdits { get; init; } = HeaderEdits.None;

    public HeaderEdits ResponseEdits { get; init; } = HeaderEdits.None;

    public VirtualHost? FindHost(ReadOnlySpan<byte> authority) => FindSource(authority)?.Host;

    private VirtualHostSource? FindSource(ReadOnlySpan<byte> authority)
    {
        if (Exact.Count == 0 && Suffixes.Length == 0 && Prefixes.Length == 0)
        {
            return CatchAll;
        }
        Span<byte> lower = stackalloc byte[256];
        if (authority.Length > lower.Length)
        {
            return CatchAll;
        }
        int length = System.Text.Ascii.ToLower(authority, lower, out int written) == System.Buffers.OperationStatus.Done ? written : 0;
        ReadOnlySpan<byte> host = lower[..length];
        if (IgnorePort)
        {
            host = CutPort(host);
        }
        if (Exact.Find(host) is { } exact)
        {
            return exact;
        }
        foreach ((byte[] text, VirtualHostSource found) in Suffixes)
        {
            if (host.Length > text.Length && host.EndsWith(text))
            {
                return found;
            }
        }
        foreach ((byte[] text, VirtualHostSource found) in Prefixes)
        {
            if (host.Length > text.Length && host.StartsWith(text))
            {
                return found;
            }
        }
        return CatchAll;
    }

    public Route? FindRoute(in RouteQuery query, FastRandom random, out VirtualHost? host)
    {
        host = FindHost(query.Head.Get(Net.Http1.HttpField.Host));
        if (host is null)
        {
            return null;
        }
        foreach (Route route in host.Routes)
        {
            if (route.Match.Matches(query, random))
            {
                return route;
            }
        }
        return null;
    }

    /// <summary>The host without a trailing <c>:port</c>; brackets of an IPv6 literal stay.</summary>
    public static ReadOnlySpan<byte> CutPort(ReadOnlySpan<byte> host)
    {
        int colon = host.LastIndexOf((byte)':');
        return colon < 0 || host[(colon + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || host[..colon].EndsWith(":"u8)
            ? host
            : host[..colon];
    }
}

/// <summary>A virtual host.</summary>
internal sealed class VirtualHost
{
    public required string Name { get; init; }

    public required Route[] Routes { get; init; }

    public TlsRequirement RequireTls { get; init; }

    public HeaderEdits RequestEdits { get; init; } = HeaderEdits.None;

    public HeaderEdits ResponseEdits { get; init; } = HeaderEdits.None;

    public bool IncludeAttemptCount { get; init; }

    public bool IncludeAttemptCountInResponse { get; init; }

    /// <summary>include_is_timeout_retry_header.</summary>
    public bool IncludeIsTimeoutRetry { get; init; }
}

/// <summary>VirtualHost.require_tls: plain requests are sent to https instead.</summary>
internal enum TlsRequirement
{
    None,

    /// <summary>Those from outside.</summary>
    ExternalOnly,

    All,
}
