using Lateen.Net.Http1;
using Lateen.Proxy.Http;

namespace Lateen.Proxy.Filters.Cors;

/// <summary>Answers preflight requests and marks answers for origins that a route allows (Fetch standard, "CORS protocol"; Envoy: cors filter).</summary>
/// <remarks>An origin that is not allowed is not refused: the answer lacks the fields, and the browser keeps it from the page.</remarks>
internal sealed class CorsFilter : HttpFilterFactory
{
    /// <summary>Under this name routes keep the older form of their policy.</summary>
    public const string RouteKey = "envoy.filters.http.cors";

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        if (PolicyOf(exchange) is not { } policy || !exchange.Request.Has(HttpField.Origin))
        {
            return FilterVerdict.Continue;
        }
        ReadOnlySpan<byte> origin = exchange.Request.Get(HttpField.Origin);
        if (origin.IsEmpty || !exchange.Worker.Random.Chance(policy.Enabled.Numerator, policy.Enabled.Denominator))
        {
            return FilterVerdict.Continue;
        }
        if (!policy.Allows(origin))
        {
            exchange.Count(Stats.HttpStat.CorsOriginInvalid);
            return FilterVerdict.Continue;
        }
        exchange.Count(Stats.HttpStat.CorsOriginValid);
        if (!exchange.Request.Method.SequenceEqual("OPTIONS"u8) || exchange.Request.Get(HttpField.AccessControlRequestMethod).IsEmpty)
        {
            return FilterVerdict.Continue;
        }
        AnswerPreflight(exchange, policy);
        return FilterVerdict.Answered;
    }

    public override void OnResponse(HttpExchange exchange)
    {
        if (PolicyOf(exchange) is not { Enabled.Numerator: > 0 } policy || !exchange.Request.Has(HttpField.Origin))
        {
            return;
        }
        ReadOnlySpan<byte> origin = exchange.Request.Get(HttpField.Origin);
        if (origin.IsEmpty || !policy.Allows(origin))
        {
            return;
        }
        AddOrigin(exchange.Response, policy, origin);
        Add(exchange.Response, "access-control-expose-headers"u8, policy.Exposed);
    }

    // Apart from OnRequest, where what the callback captures would be allocated for every request.
    private static void AnswerPreflight(HttpExchange exchange, CorsConfig policy) => exchange.ReplyHead(200, "cors_response", head =>
    {
        AddOrigin(head, policy, exchange.Request.Get(HttpField.Origin));
        Add(head, "access-control-allow-methods"u8, policy.Methods);
        Add(head, "access-control-allow-headers"u8, policy.Headers);
        Add(head, "access-control-max-age"u8, policy.MaxAge);
    });

    private CorsConfig? PolicyOf(HttpExchange exchange) => exchange.Route is { } route
        && (route.FilterConfigs.TryGetValue(Name, out object? own) || route.FilterConfigs.TryGetValue(RouteKey, out own)) ? own as CorsConfig : null;

    private static void AddOrigin(MessageHead head, CorsConfig policy, ReadOnlySpan<byte> origin)
    {
        head.Set("access-control-allow-origin"u8, origin);
        if (policy.AllowsCredentials)
        {
            head.Set("access-control-allow-credentials"u8, "true"u8);
        }
    }

    private static void Add(MessageHead head, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            head.Set(name, value);
        }
    }
}
