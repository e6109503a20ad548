using System.Buffers.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Http;

/// <summary>How long a request and each of its attempts may take and whether it is tried again: by its route, and by the headers that steer the router.</summary>
/// <remarks>Envoy, router filter: the headers are honoured (what an external client sent was removed before) and not forwarded. Times are milliseconds.</remarks>
internal struct AttemptLimits
{
    /// <summary>RouteAction.timeout: from the end of the downstream request to the end of the response, every try and back-off included; 0: none.</summary>
    public long Timeout { get; set; }

    /// <summary>Of one attempt, up to its head; 0: none.</summary>
    public long PerTry { get; private set; }

    /// <summary>Longest silence within one attempt; 0: no limit.</summary>
    public long PerTryIdle { get; private set; }

    /// <summary>Who ran out of time is told so by 204.</summary>
    public bool AnswersTimeoutBy204 { get; private set; }

    /// <summary>Null: one attempt is all.</summary>
    public RetryPolicy? Retry { get; private set; }

    public uint RetriesLeft { get; set; }

    /// <summary>Reads the limits, and takes the headers out of the request.</summary>
    public static AttemptLimits Take(Forward forward, MessageHead request, bool isGrpc)
    {
        AttemptLimits limits = new() { Timeout = forward.TimeoutMilliseconds };
        limits.TakeRetries(forward.Retry, request);
        if (isGrpc)
        {
            limits.TakeGrpcTimeout(forward, request);
        }
        if (TakeNumber(request, HttpField.XEnvoyUpstreamRqTimeoutMs, out long timeout))
        {
            limits.Timeout = timeout;
        }
        if (TakeNumber(request, HttpField.XEnvoyUpstreamRqPerTryTimeoutMs, out long perTry))
        {
            limits.PerTry = perTry;
        }
        if (limits.Timeout > 0 && limits.PerTry >= limits.Timeout)
        {
            limits.PerTry = 0;
        }
        limits.AnswersTimeoutBy204 = request.Has(HttpField.XEnvoyUpstreamRqTimeoutAltResponse);
        request.Remove(HttpField.XEnvoyUpstreamRqTimeoutAltResponse);
        request.Remove(HttpField.XEnvoyHedgeOnPerTryTimeout);
        request.Remove(HttpField.XEnvoyUpstreamAltStatName);
        return limits;
    }

    private void TakeRetries(RetryPolicy? ofRoute, MessageHead request)
    {
        PerTry = ofRoute?.PerTryTimeoutMilliseconds ?? 0;
        PerTryIdle = ofRoute?.PerTryIdleTimeoutMilliseconds ?? 0;
        Retry = RetryPolicy.TakeHeaders(request, ofRoute?.AppliesTo(request) == true ? ofRoute : null);
        RetriesLeft = Retry?.NumRetries ?? 0;
        if (TakeNumber(request, HttpField.XEnvoyMaxRetries, out long retries) && Retry is not null)
        {
            RetriesLeft = (uint)Math.Min(retries, uint.MaxValue);
        }
    }

    // RouteAction.max_grpc_timeout: takes the place of the route's timeout for gRPC; without the header a call may take as long as the cap says.
    private void TakeGrpcTimeout(Forward forward, MessageHead request)
    {
        if (forward.MaximumGrpcTimeoutMilliseconds < 0)
        {
            return;
        }
        long cap = forward.MaximumGrpcTimeoutMilliseconds;
        Timeout = GrpcTimeout.TryRead(request, out long wanted) ? Math.Max(wanted, 1) : 0;
        if (cap > 0 && (Timeout == 0 || Timeout > cap))
        {
            Timeout = cap;
        }
        if (Timeout > 0)
        {
            Span<byte> text = stackalloc byte[24];
            Timeout.TryFormat(text, out int length);
            text[length++] = (byte)'m';
            request.Set("grpc-timeout"u8, text[..length]);
        }
    }

    private static bool TakeNumber(MessageHead request, HttpField field, out long value)
    {
        ReadOnlySpan<byte> text = request.Get(field);
        bool ok = Utf8Parser.TryParse(text, out value, out int used) && used == text.Length && value >= 0 && !text.IsEmpty;
        request.Remove(field);
        return ok;
    }
}
