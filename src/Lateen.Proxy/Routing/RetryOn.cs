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
