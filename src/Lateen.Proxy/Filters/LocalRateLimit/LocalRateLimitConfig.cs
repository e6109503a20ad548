using System.Text;
using Envoy.Config.Core.V3;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Runtime;
using Lateen.Proxy.Stats;
using EnvoyLimit = Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimit;

namespace Lateen.Proxy.Filters.LocalRateLimit;

/// <summary>A local rate limit, compiled; the bucket in it lives as long as this version of the configuration does.</summary>
internal sealed class LocalRateLimitConfig
{
    public required TokenBucket? Bucket { get; init; }

    public int Status { get; init; } = 429;

    public (uint Numerator, uint Denominator) Enabled { get; init; }

    public (uint Numerator, uint Denominator) Enforced { get; init; }

    public (byte[] Name, byte[] Value)[] ResponseHeaders { get; init; } = [];

    public (byte[] Name, byte[] Value)[] RequestHeadersWhenNotEnforced { get; init; } = [];

    /// <summary>x-ratelimit-limit, -remaining and -reset go with every answer.</summary>
    public bool AddsLimitHeaders { get; init; }

    public required StatScope Stats { get; init; }

    public static LocalRateLimitConfig? Compile(CompileScope scope, EnvoyLimit? limit, string path)
    {
        if (limit is null)
        {
            return null;
        }
        if (limit.Descriptors.Count > 0)
        {
            scope.Refuse(path + ".descriptors", "are not supported: use token_bucket alone");
        }
        if (limit.LocalRateLimitPerDownstreamConnection)
        {
            scope.Refuse(path + ".local_rate_limit_per_downstream_connection", "is not supported");
        }
        long interval = CompileScope.Milliseconds(limit.TokenBucket?.FillInterval, 0);
        if (limit.TokenBucket is { } bucket && (bucket.MaxTokens == 0 || interval < 50))
        {
            scope.Refuse(path + ".token_bucket", "max_tokens must be at least 1 and fill_interval at least 50 ms");
            return null;
        }
        return new LocalRateLimitConfig
        {
            Bucket = limit.TokenBucket is null ? null
                : new TokenBucket(limit.TokenBucket.MaxTokens, limit.TokenBucket.TokensPerFill ?? 1, interval, ProxyRuntime.Now),
            // Envoy: a status below 400 falls back to 429.
            Status = (int)(limit.Status?.Code ?? 0) >= 400 ? (int)limit.Status!.Code : 429,
            Enabled = Share(limit.FilterEnabled),
            Enforced = Share(limit.FilterEnforced),
            ResponseHeaders = Headers(limit.ResponseHeadersToAdd),
            RequestHeadersWhenNotEnforced = Headers(limit.RequestHeadersToAddWhenNotEnforced),
            AddsLimitHeaders = limit.EnableXRatelimitHeaders != Envoy.Extensions.Common.Ratelimit.V3.XRateLimitHeadersRFCVersion.Off,
            Stats = scope.Host.StatsOf($"{limit.StatPrefix}.http_local_rate_limit.", StatNames.LocalRateLimit),
        };
    }

    // Envoy, LocalRateLimit.filter_enabled: nothing is limited unless it is set.
    private static (uint, uint) Share(RuntimeFractionalPercent? share) => share is null ? (0, 100) : RouteCompiler.Fraction(share.DefaultValue);

    private static (byte[], byte[])[] Headers(IEnumerable<HeaderValueOption> headers) =>
        [.. headers.Select(h => (Encoding.ASCII.GetBytes(h.Header.Key.ToLowerInvariant()), Encoding.UTF8.GetBytes(h.Header.Value)))];
}
