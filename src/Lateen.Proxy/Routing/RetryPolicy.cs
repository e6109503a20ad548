using System.Buffers.Text;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Pools;

namespace Lateen.Proxy.Routing;

/// <summary>A route's retry policy (envoy.config.route.v3.RetryPolicy). Immutable.</summary>
internal sealed class RetryPolicy
{
    public required RetryOn On { get; init; }

    public uint NumRetries { get; init; } = 1;

    /// <summary>0: none.</summary>
    public long PerTryTimeoutMilliseconds { get; init; }

    /// <summary>Longest silence within one attempt; 0: no limit.</summary>
    public long PerTryIdleTimeoutMilliseconds { get; init; }

    /// <summary>Response fields in which a server says when to come again (rate_limited_retry_back_off), in order.</summary>
    public ResetHeader[] ResetHeaders { get; init; } = [];

    /// <summary>A longer wait than this is not obeyed.</summary>
    public long ResetMaximumMilliseconds { get; init; } = 300_000;

    public int[] StatusCodes { get; init; } = [];

    public HeaderMatcher[] RetriableHeaders { get; init; } = [];

    public HeaderMatcher[] RequestHeaders { get; init; } = [];

    public long BackOffBaseMilliseconds { get; init; } = 25;

    public long BackOffMaximumMilliseconds { get; init; } = 250;

    /// <summary>retry_host_predicate previous_hosts with host_selection_retry_max_attempts.</summary>
    public int HostReselections { get; init; }

    /// <summary>Whether it holds for the request (retriable_request_headers).</summary>
    public bool AppliesTo(MessageHead request) => RequestHeaders.Length == 0 || AnyMatches(RequestHeaders, request);

    /// <summary>An attempt that took too long is followed by another.</summary>
    public bool RetriesTimeouts => (On & (RetryOn.ServerError | RetryOn.GatewayError | RetryOn.Reset)) != 0;

    /// <summary>Whether an attempt that failed so is followed by another.</summary>
    public bool Retries(UpstreamFailure failure) => failure != UpstreamFailure.Overflow
        && ((On & (RetryOn.ServerError | RetryOn.GatewayError | RetryOn.Reset)) != 0
            || ((On & RetryOn.ConnectFailure) != 0 && failure.IsConnectFailure())
            || ((On & RetryOn.RefusedStream) != 0 && failure == UpstreamFailure.RemoteRefusedStream));

    /// <summary>Whether an attempt that was answered so is followed by another.</summary>
    public bool Retries(MessageHead response, bool isGrpc)
    {
        int status = response.Status;
        if (response.Has(HttpField.XEnvoyRatelimited))
        {
            return (On & RetryOn.EnvoyRatelimited) != 0;
        }
        if (((On & RetryOn.ServerError) != 0 && status >= 500)
            || ((On & RetryOn.GatewayError) != 0 && status is 502 or 503 or 504)
            || ((On & RetryOn.Retriable4xx) != 0 && status == 409)
            || ((On & RetryOn.RetriableStatusCodes) != 0 && Array.IndexOf(StatusCodes, status) >= 0))
        {
            return true;
        }
        if ((On & RetryOn.RetriableHeaders) != 0 && AnyMatches(RetriableHeaders, response))
        {
            return true;
        }
        return isGrpc && Utf8Parser.TryParse(response.Get(HttpField.GrpcStatus), out int grpc, out _) && (On & grpc switch
        {
            1 => RetryOn.Cancelled,
            4 => RetryOn.DeadlineExceeded,
            8 => RetryOn.ResourceExhausted,
            13 => RetryOn.Internal,
            14 => RetryOn.Unavailable,
            _ => RetryOn.None,
        }) != 0;
    }

    /// <summary>Milliseconds after which the server says to come again; null if it does not say, or a longer wait than is obeyed.</summary>
    public long? DelayToldBy(MessageHead response, long wallNow)
    {
        foreach (ResetHeader header in ResetHeaders)
        {
            if (!response.TryGet(header.Name, out ReadOnlySpan<byte> text)
                || !Utf8Parser.TryParse(text, out long value, out int used) || used != text.Length || value < 0)
            {
                continue;
            }
            long delay = header.IsTimestamp ? (value * 1000) - wallNow : value * 1000;
            if (delay >= 0 && delay <= ResetMaximumMilliseconds)
            {
                return delay;
            }
        }
        return null;
    }

    /// <summary>A policy with what the request's headers add to it; takes them out of the request. The policy itself without any.</summary>
    public static RetryPolicy? TakeHeaders(MessageHead request, RetryPolicy? policy)
    {
        if (!request.Has(HttpField.XEnvoyRetryOn) && !request.Has(HttpField.XEnvoyRetryGrpcOn)
            && !request.Has(HttpField.XEnvoyRetriableStatusCodes) && !request.Has(HttpField.XEnvoyRetriableHeaderNames))
        {
            return policy;
        }
        List<int> codes = [];
        RetryOn conditions = Parse($"{TakeText(request, HttpField.XEnvoyRetryOn)},{TakeText(request, HttpField.XEnvoyRetryGrpcOn)}");
        Parse(TakeText(request, HttpField.XEnvoyRetriableStatusCodes), codes);
        HeaderMatcher[] names = HeaderNames(TakeText(request, HttpField.XEnvoyRetriableHeaderNames));
        policy ??= new RetryPolicy { On = RetryOn.None };
        return new RetryPolicy
        {
            On = conditions | policy.On,
            NumRetries = policy.NumRetries,
            StatusCodes = [.. policy.StatusCodes, .. codes],
            HostReselections = policy.HostReselections,
            PerTryTimeoutMilliseconds = policy.PerTryTimeoutMilliseconds,
            RetriableHeaders = [.. policy.RetriableHeaders, .. names],
            BackOffBaseMilliseconds = policy.BackOffBaseMilliseconds,
            BackOffMaximumMilliseconds = policy.BackOffMaximumMilliseconds,
            ResetHeaders = policy.ResetHeaders,
            ResetMaximumMilliseconds = policy.ResetMaximumMilliseconds,
        };
    }

    /// <summary>Matchers for x-envoy-retriable-header-names: the presence of any of the names.</summary>
    public static HeaderMatcher[] HeaderNames(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(
            n => new HeaderMatcher { Name = Encoding.ASCII.GetBytes(n.ToLowerInvariant()), Present = true })];

    /// <summary>Parses a comma-separated list; unknown names are ignored, as Envoy does. Numbers become status codes.</summary>
    public static RetryOn Parse(string text, List<int>? codes = null)
    {
        RetryOn on = RetryOn.None;
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            on |= item switch
            {
                "5xx" => RetryOn.ServerError,
                "gateway-error" => RetryOn.GatewayError,
                "reset" => RetryOn.Reset,
                "connect-failure" => RetryOn.ConnectFailure,
                "refused-stream" => RetryOn.RefusedStream,
                "retriable-4xx" => RetryOn.Retriable4xx,
                "retriable-status-codes" => RetryOn.RetriableStatusCodes,
                "retriable-headers" => RetryOn.RetriableHeaders,
                "envoy-ratelimited" => RetryOn.EnvoyRatelimited,
                "cancelled" => RetryOn.Cancelled,
                "deadline-exceeded" => RetryOn.DeadlineExceeded,
                "internal" => RetryOn.Internal,
                "resource-exhausted" => RetryOn.ResourceExhausted,
                "unavailable" => RetryOn.Unavailable,
                _ => RetryOn.None,
            };
            if (int.TryParse(item, out int code))
            {
                codes?.Add(code);
            }
        }
        return on;
    }

    private static bool AnyMatches(HeaderMatcher[] matchers, MessageHead head)
    {
        foreach (HeaderMatcher matcher in matchers)
        {
            if (matcher.Matches(head))
            {
                return true;
            }
        }
        return false;
    }

    private static string TakeText(MessageHead request, HttpField field)
    {
        string text = Encoding.ASCII.GetString(request.Get(field));
        request.Remove(field);
        return text;
    }
}

/// <summary>A response field with a number of seconds, or with a moment in seconds since 1970.</summary>
internal sealed record ResetHeader(byte[] Name, bool IsTimestamp);
