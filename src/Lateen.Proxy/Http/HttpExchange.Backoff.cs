using System.Buffers.Text;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>How long the next attempt waits, and the limit on an attempt that stands still.</summary>
internal sealed partial class HttpExchange
{
    private long _perTryIdle;

    // Envoy, backoff_strategy: the n-th delay is drawn from [0, base * 2^(n-1)) up to the maximum; a server that says when to come again is obeyed.
    private long NextDelay(StatBlock stats)
    {
        if (RateLimitedDelay() is { } told)
        {
            stats.Add(ClusterStat.UpstreamRqRetryBackoffRatelimited);
            return told;
        }
        stats.Add(ClusterStat.UpstreamRqRetryBackoffExponential);
        long ceiling = Math.Min(_retry!.BackOffBaseMilliseconds << Math.Min(Attempts - 1, 20), _retry.BackOffMaximumMilliseconds);
        return ceiling <= 1 ? 0 : _worker.Random.Below((int)Math.Min(ceiling, int.MaxValue));
    }

    private long? RateLimitedDelay()
    {
        foreach (ResetHeader header in _retry!.ResetHeaders)
        {
            if (!Response.TryGet(header.Name, out ReadOnlySpan<byte> text)
                || !Utf8Parser.TryParse(text, out long value, out int used) || used != text.Length || value < 0)
            {
                continue;
            }
            long delay = header.IsTimestamp ? (value * 1000) - _worker.Loop.WallNow : value * 1000;
            if (delay >= 0 && delay <= _retry.ResetMaximumMilliseconds)
            {
                // Spread over half as long again, so that those who were sent away do not come back together.
                return delay + _worker.Random.Below((int)Math.Max(1, delay / 2));
            }
        }
        return null;
    }

    private void ArmTryIdleTimer()
    {
        if (_perTryIdle > 0 && _upstream is not null && !IsUpgrade)
        {
            _worker.Loop.ArmTimer(_tryIdleTimer, _perTryIdle);
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

    private bool MayRetryTimeout => _retry is not null && !_bodyLost
        && (_retry.On & (RetryOn.ServerError | RetryOn.GatewayError | RetryOn.Reset)) != 0;
}
