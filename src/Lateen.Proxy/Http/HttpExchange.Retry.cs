using System.Buffers.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>Whether an attempt that failed is followed by another.</summary>
internal sealed partial class HttpExchange
{
    private RetryPolicy? _retry;
    private uint _retriesLeft;
    private bool _replayedIdle;
    private bool _retryCounted;
    private bool _isTimeoutRetry;

    // RFC 9110 9.2.2.
    private bool IsReplayable()
    {
        ReadOnlySpan<byte> method = Request.Method;
        return method.SequenceEqual("GET"u8) || method.SequenceEqual("HEAD"u8) || method.SequenceEqual("OPTIONS"u8)
            || method.SequenceEqual("PUT"u8) || method.SequenceEqual("DELETE"u8) || method.SequenceEqual("TRACE"u8);
    }

    private void OnAttemptFailed(UpstreamFailure failure, string? transport)
    {
        TransportFailure = transport;
        if (ShouldRetryFailure(failure) && TryRetry())
        {
            return;
        }
        UncountRetry(success: false);
        ReplyFailure(failure, transport);
    }

    private bool ShouldRetryFailure(UpstreamFailure failure)
    {
        if (_retry is null || failure == UpstreamFailure.Overflow || _bodyLost)
        {
            return false;
        }
        RetryOn on = _retry.On;
        return (on & (RetryOn.ServerError | RetryOn.GatewayError | RetryOn.Reset)) != 0
            || ((on & RetryOn.ConnectFailure) != 0 && failure.IsConnectFailure())
            || ((on & RetryOn.RefusedStream) != 0 && failure == UpstreamFailure.RemoteRefusedStream);
    }

    private bool ShouldRetryResponse(int status)
    {
        if (_retry is null || _bodyLost)
        {
            return false;
        }
        RetryOn on = _retry.On;
        if (Response.Has(HttpField.XEnvoyRatelimited))
        {
            return (on & RetryOn.EnvoyRatelimited) != 0;
        }
        if (((on & RetryOn.ServerError) != 0 && status >= 500)
            || ((on & RetryOn.GatewayError) != 0 && status is 502 or 503 or 504)
            || ((on & RetryOn.Retriable4xx) != 0 && status == 409)
            || ((on & RetryOn.RetriableStatusCodes) != 0 && Array.IndexOf(_retry.StatusCodes, status) >= 0))
        {
            return true;
        }
        if ((on & RetryOn.RetriableHeaders) != 0)
        {
            foreach (HeaderMatcher matcher in _retry.RetriableHeaders)
            {
                if (matcher.Matches(Response))
                {
                    return true;
                }
            }
        }
        return IsGrpc && Utf8Parser.TryParse(Response.Get(HttpField.GrpcStatus), out int grpc, out _) && (on & grpc switch
        {
            1 => RetryOn.Cancelled,
            4 => RetryOn.DeadlineExceeded,
            8 => RetryOn.ResourceExhausted,
            13 => RetryOn.Internal,
            14 => RetryOn.Unavailable,
            _ => RetryOn.None,
        }) != 0;
    }

    // Starts the next attempt after the back-off; false if the count or the breaker forbids it.
    private bool TryRetry()
    {
        StatBlock stats = _clusterWorker!.Stats;
        UncountRetry(success: false);
        if (_retriesLeft == 0)
        {
            Flags |= ResponseFlags.URX;
            stats.Add(ClusterStat.UpstreamRqRetryLimitExceeded);
            return false;
        }
        if (Breaker.ExceedsRetries(IsHighPriority ? _clusterConfig!.High : _clusterConfig!.Default))
        {
            Flags |= ResponseFlags.UO;
            stats.Add(ClusterStat.UpstreamRqRetryOverflow);
            return false;
        }
        _retriesLeft--;
        _retryCounted = true;
        Breaker.ActiveRetries++;
        stats.Add(ClusterStat.UpstreamRqRetry);
        long delay = NextDelay(stats);
        DetachUpstream();
        Response.Reset();
        _isTimeoutRetry = false;
        _worker.Loop.Timers.Cancel(_tryTimer);
        // Never at once: the failure may be reported from within the pool.
        _worker.Loop.ArmTimer(_waitTimer, Math.Max(delay, 1));
        return true;
    }

    private void UncountRetry(bool success)
    {
        if (_retryCounted)
        {
            _retryCounted = false;
            Breaker.ActiveRetries--;
            if (success)
            {
                _clusterWorker!.Stats.Add(ClusterStat.UpstreamRqRetrySuccess);
            }
        }
    }
}
