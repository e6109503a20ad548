using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>Whether an attempt that failed, or stands still, is followed by another, and when.</summary>
internal sealed partial class HttpExchange
{
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
        if (!_bodyLost && _limits.Retry?.Retries(failure) == true && TryRetry())
        {
            return;
        }
        UncountRetry(success: false);
        ReplyFailure(failure, transport);
    }

    // Starts the next attempt after the back-off; false if the count or the breaker forbids it.
    private bool TryRetry()
    {
        StatBlock stats = _clusterWorker!.Stats;
        UncountRetry(success: false);
        if (_limits.RetriesLeft == 0)
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
        _limits.RetriesLeft--;
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

    // Envoy, backoff_strategy: the n-th delay is drawn from [0, base * 2^(n-1)) up to the maximum; a server that says when to come again is obeyed.
    private long NextDelay(StatBlock stats)
    {
        RetryPolicy policy = _limits.Retry!;
        if (policy.DelayToldBy(Response, _worker.Loop.WallNow) is { } told)
        {
            stats.Add(ClusterStat.UpstreamRqRetryBackoffRatelimited);
            // Spread over half as long again, so that those who were sent away do not come back together.
            return told + _worker.Random.Below((int)Math.Max(1, told / 2));
        }
        stats.Add(ClusterStat.UpstreamRqRetryBackoffExponential);
        long ceiling = Math.Min(policy.BackOffBaseMilliseconds << Math.Min(Attempts - 1, 20), policy.BackOffMaximumMilliseconds);
        return ceiling <= 1 ? 0 : _worker.Random.Below((int)Math.Min(ceiling, int.MaxValue));
    }

    private void ArmTryIdleTimer()
    {
        if (_limits.PerTryIdle > 0 && _upstream is not null && !IsUpgrade)
        {
            _worker.Loop.ArmTimer(_tryIdleTimer, _limits.PerTryIdle);
        }
    }

    private void OnTryIdle()
    {
        _clusterWorker!.Stats.Add(ClusterStat.UpstreamRqPerTryIdleTimeout);
        _pool!.Counts.RqTimeout++;
        ReportTimeout();
        if (_responseStarted)
        {
            Flags |= ResponseFlags.UT;
            Details = "upstream_per_try_idle_timeout";
            ResetDownstream();
            return;
        }
        DetachUpstream();
        if (MayRetryTimeout && TryRetry())
        {
            _isTimeoutRetry = true;
            return;
        }
        UncountRetry(success: false);
        Reply(504, "upstream request timeout"u8, ResponseFlags.UT, "upstream_per_try_idle_timeout");
    }

    private bool MayRetryTimeout => !_bodyLost && _limits.Retry is { RetriesTimeouts: true };
}
