namespace Lateen.Proxy.Routing;

/// <summary>Conditions of retry_on and retry_grpc_on.</summary>
[Flags]
internal enum RetryOn
{
    None = 0,
    ServerError = 1,
    GatewayError = 2,
    Reset = 4,
    ConnectFailure = 8,
    RefusedStream = 16,
    Retriable4xx = 32,
    RetriableStatusCodes = 64,
    RetriableHeaders = 128,
    EnvoyRatelimited = 256,
    Cancelled = 512,
    DeadlineExceeded = 1024,
    Internal = 2048,
    ResourceExhausted = 4096,
    Unavailable = 8192,
}

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

    /// <summary>Matchers for x-envoy-retriable-header-names: the presence of any of the names.</summary>
    public static HeaderMatcher[] HeaderNames(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(
            n => new HeaderMatcher { Name = System.Text.Encoding.ASCII.GetBytes(n.ToLowerInvariant()), Present = true })];

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
}

/// <summary>A response field with a number of seconds, or with a moment in seconds since 1970.</summary>
internal sealed record ResetHeader(byte[] Name, bool IsTimestamp);
