using System.Text.RegularExpressions;
using Lateen.Net.Http1;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Routing;

/// <summary>The request as routes see it.</summary>
internal readonly ref struct RouteQuery
{
    public required MessageHead Head { get; init; }

    /// <summary>The path without query.</summary>
    public required ReadOnlySpan<byte> Path { get; init; }

    /// <summary>What follows the question mark.</summary>
    public required ReadOnlySpan<byte> Query { get; init; }

    public required ReadOnlySpan<byte> Scheme { get; init; }
}

/// <summary>How a route matches the path.</summary>
internal enum PathKind
{
    Prefix,
    Exact,
    Regex,
    SeparatedPrefix,

    /// <summary>connect_matcher: CONNECT requests, which have no path and match nothing else.</summary>
    Connect,
}

/// <summary>A route's conditions, all of which must hold (envoy.config.route.v3.RouteMatch).</summary>
internal sealed class RouteMatch
{
    public required PathKind Kind { get; init; }

    public byte[] Path { get; init; } = [];

    public Regex? Pattern { get; init; }

    public bool CaseSensitive { get; init; } = true;

    public HeaderMatcher[] Headers { get; init; } = [];

    public QueryMatcher[] QueryParameters { get; init; } = [];

    /// <summary>Share of requests, of <see cref="FractionDenominator"/>; equal: all.</summary>
    public uint FractionNumerator { get; init; } = 100;

    public uint FractionDenominator { get; init; } = 100;

    public bool GrpcOnly { get; init; }

    public bool Matches(in RouteQuery query, FastRandom random)
    {
        if (query.Head.IsConnectMethod != (Kind == PathKind.Connect) || (Kind != PathKind.Connect && !MatchesPath(query.Path)))
        {
            return false;
        }
        foreach (HeaderMatcher header in Headers)
        {
            if (!header.Matches(query))
            {
                return false;
            }
        }
        foreach (QueryMatcher parameter in QueryParameters)
        {
            if (!parameter.Matches(query.Query))
            {
                return false;
            }
        }
        if (GrpcOnly && !IsGrpc(query.Head.Get(HttpField.ContentType)))
        {
            return false;
        }
        return random.Chance(FractionNumerator, FractionDenominator);
    }

    /// <summary>Content-Type is exactly application/grpc or starts with application/grpc+.</summary>
    public static bool IsGrpc(ReadOnlySpan<byte> contentType) =>
        contentType.StartsWith("application/grpc"u8) && (contentType.Length == 16 || contentType[16] == '+');

    private bool MatchesPath(ReadOnlySpan<byte> path)
    {
        switch (Kind)
        {
            case PathKind.Exact:
                return path.Length == Path.Length && Equal(path);
            case PathKind.Prefix:
                return path.Length >= Path.Length && Equal(path[..Path.Length]);
            case PathKind.SeparatedPrefix:
                return path.Length >= Path.Length && (path.Length == Path.Length || path[Path.Length] == '/') && Equal(path[..Path.Length]);
            default:
                return TextMatch.IsMatch(Pattern!, path);
        }
    }

    private bool Equal(ReadOnlySpan<byte> path) =>
        CaseSensitive ? path.SequenceEqual(Path) : HttpSyntax.EqualsIgnoreCase(path, Path);
}
