using System.Globalization;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Filters.LocalRateLimit;

/// <summary>Refuses requests beyond what a token bucket of this proxy allows (Envoy: local_ratelimit).</summary>
internal sealed class LocalRateLimitFilter : HttpFilterFactory
{
    /// <summary>The listener's configuration; a route's own takes its place.</summary>
    public LocalRateLimitConfig? Listener { get; init; }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        if (ConfigOf(exchange) is not { Bucket: { } bucket } config
            || !exchange.Worker.Random.Chance(config.Enabled.Numerator, config.Enabled.Denominator))
        {
            return FilterVerdict.Continue;
        }
        StatBlock stats = config.Stats.For(exchange.Worker.Index);
        stats.Values[(int)LocalRateLimitStat.Enabled]++;
        if (bucket.TryTake(exchange.Worker.Loop.Now))
        {
            stats.Values[(int)LocalRateLimitStat.Ok]++;
            return FilterVerdict.Continue;
        }
        stats.Values[(int)LocalRateLimitStat.RateLimited]++;
        if (!exchange.Worker.Random.Chance(config.Enforced.Numerator, config.Enforced.Denominator))
        {
            foreach ((byte[] name, byte[] value) in config.RequestHeadersWhenNotEnforced)
            {
                exchange.Request.Add(name, value);
            }
            return FilterVerdict.Continue;
        }
        stats.Values[(int)LocalRateLimitStat.Enforced]++;
        Refuse(exchange, config, bucket);
        return FilterVerdict.Answered;
    }

    public override void OnResponse(HttpExchange exchange)
    {
        if (ConfigOf(exchange) is { AddsLimitHeaders: true, Bucket: { } bucket } config)
        {
            AddLimit(exchange.Response, config, bucket, exchange.Worker.Loop.Now);
        }
    }

    // Apart from OnRequest, where what the callback captures would be allocated for every request.
    private static void Refuse(HttpExchange exchange, LocalRateLimitConfig config, TokenBucket bucket) =>
        exchange.Reply(config.Status, "local_rate_limited"u8, ResponseFlags.RL, "local_rate_limited", head =>
        {
            foreach ((byte[] name, byte[] value) in config.ResponseHeaders)
            {
                head.Add(name, value);
            }
            AddLimit(head, config, bucket, exchange.Worker.Loop.Now);
        });

    private LocalRateLimitConfig? ConfigOf(HttpExchange exchange) =>
        exchange.Route is { } route && route.FilterConfigs.TryGetValue(Name, out object? own) ? own as LocalRateLimitConfig : Listener;

    // Internet-Draft "RateLimit header fields for HTTP", version 03, in the x-ratelimit names that Envoy uses.
    private static void AddLimit(MessageHead head, LocalRateLimitConfig config, TokenBucket bucket, long now)
    {
        if (!config.AddsLimitHeaders)
        {
            return;
        }
        head.Set("x-ratelimit-limit"u8, Number(bucket.Maximum));
        head.Set("x-ratelimit-remaining"u8, Number(bucket.Remaining));
        head.Set("x-ratelimit-reset"u8, Number((bucket.UntilFill(now) + 999) / 1000));
    }

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
}

/// <summary>Statistics below <c>&lt;stat_prefix&gt;.http_local_rate_limit.</c></summary>
internal enum LocalRateLimitStat
{
    Enabled, Enforced, RateLimited, Ok,
}
