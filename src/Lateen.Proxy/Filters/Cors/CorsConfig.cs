using System.Text;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Routing;
using FilterPolicy = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;
using RoutePolicy = Envoy.Config.Route.V3.CorsPolicy;

namespace Lateen.Proxy.Filters.Cors;

/// <summary>Who may ask across origins, compiled from a route's or virtual host's CorsPolicy. Immutable.</summary>
internal sealed class CorsConfig
{
    public StringMatcher[] Origins { get; init; } = [];

    public byte[] Methods { get; init; } = [];

    public byte[] Headers { get; init; } = [];

    public byte[] Exposed { get; init; } = [];

    public byte[] MaxAge { get; init; } = [];

    public bool AllowsCredentials { get; init; }

    /// <summary>Share of requests for which the policy acts.</summary>
    public (uint Numerator, uint Denominator) Enabled { get; init; } = (100, 100);

    public static CorsConfig? Compile(CompileScope scope, FilterPolicy? policy, string path) => policy is null ? null : new CorsConfig
    {
        Origins = [.. policy.AllowOriginStringMatch
            .Select((m, i) => MatcherCompiler.String(scope, m, $"{path}.allow_origin_string_match[{i}]")).OfType<StringMatcher>()],
        Methods = Encoding.ASCII.GetBytes(policy.AllowMethods),
        Headers = Encoding.ASCII.GetBytes(policy.AllowHeaders),
        Exposed = Encoding.ASCII.GetBytes(policy.ExposeHeaders),
        MaxAge = Encoding.ASCII.GetBytes(policy.MaxAge),
        AllowsCredentials = policy.AllowCredentials ?? false,
        Enabled = RouteCompiler.Fraction(policy.FilterEnabled?.DefaultValue),
    };

    /// <summary>The form on routes and virtual hosts that preceded the filter's own (RouteAction.cors, VirtualHost.cors): the same fields in another message.</summary>
    public static CorsConfig? Compile(CompileScope scope, RoutePolicy? policy, string path) => policy is null ? null : Compile(
        scope,
        new FilterPolicy
        {
            AllowOriginStringMatch = { policy.AllowOriginStringMatch },
            AllowMethods = policy.AllowMethods,
            AllowHeaders = policy.AllowHeaders,
            ExposeHeaders = policy.ExposeHeaders,
            MaxAge = policy.MaxAge,
            AllowCredentials = policy.AllowCredentials,
            FilterEnabled = policy.FilterEnabled,
        },
        path);

    public bool Allows(ReadOnlySpan<byte> origin)
    {
        foreach (StringMatcher matcher in Origins)
        {
            // Envoy: a matcher that takes "*" takes every origin.
            if (matcher.Matches(origin) || matcher.Matches("*"u8))
            {
                return true;
            }
        }
        return false;
    }
}
