using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>The time limits of the stream itself: idle, the whole request, the whole stream (HttpConnectionManager and RouteAction).</summary>
/// <remarks>One timer for all three, armed when the head is there and looked at when it fires: a byte that passes only notes the time.</remarks>
internal sealed partial class HttpExchange
{
    private LimitTimer? _limitTimer;
    private long _idleLimit;
    private long _requestLimit;
    private long _streamLimit;
    private long _lastActive;

    private void ArmLimits()
    {
        _lastActive = _worker.Loop.Now;
        Forward? forward = _route?.Action as Forward;
        _idleLimit = forward is { IdleTimeoutMilliseconds: >= 0 } ? forward.IdleTimeoutMilliseconds : _manager.StreamIdleTimeoutMilliseconds;
        _requestLimit = _requestComplete ? 0 : _manager.RequestTimeoutMilliseconds;
        _streamLimit = StreamLimit(forward);
        if ((_idleLimit | _requestLimit | _streamLimit) > 0 && !_finished)
        {
            _limitTimer ??= new LimitTimer(this);
            _worker.Loop.ArmTimer(_limitTimer, NextLimit());
        }
    }

    private void CancelLimits()
    {
        if (_limitTimer is { IsArmed: true })
        {
            _worker.Loop.Timers.Cancel(_limitTimer);
        }
    }

    // RouteAction.MaxStreamDuration: the client's grpc-timeout counts if a maximum for it is set, 0 being none.
    private long StreamLimit(Forward? forward)
    {
        if (forward is { GrpcTimeoutHeaderMaximumMilliseconds: >= 0 } && IsGrpc && GrpcTimeout.TryRead(Request, out long wanted))
        {
            long maximum = forward.GrpcTimeoutHeaderMaximumMilliseconds;
            return Math.Max(maximum > 0 ? Math.Min(wanted, maximum) : wanted, 1);
        }
        return forward is { MaximumStreamMilliseconds: >= 0 } ? forward.MaximumStreamMilliseconds : _manager.MaximumStreamMilliseconds;
    }

    private long NextLimit()
    {
        long now = _worker.Loop.Now;
        long next = long.MaxValue;
        if (_idleLimit > 0)
        {
            next = _lastActive + _idleLimit - now;
        }
        if (_requestLimit > 0 && !_requestComplete)
        {
            next = Math.Min(next, Start + _requestLimit - now);
        }
        if (_streamLimit > 0)
        {
            next = Math.Min(next, Start + _streamLimit - now);
        }
        return next;
    }

    private void OnLimitTimer()
    {
        long now = _worker.Loop.Now;
        if (_streamLimit > 0 && now - Start >= _streamLimit)
        {
            _stats.Add(HttpStat.DownstreamRqMaxDurationReached);
            OnLimit("downstream duration timeout"u8, ResponseFlags.DT, "max_duration_timeout", grpcStatus: 4);
        }
        else if (_requestLimit > 0 && !_requestComplete && now - Start >= _requestLimit)
        {
            _stats.Add(HttpStat.DownstreamRqTimeout);
            OnLimit("request timeout"u8, ResponseFlags.None, "request_overall_timeout");
        }
        else if (_idleLimit > 0 && now - _lastActive >= _idleLimit)
        {
            _stats.Add(HttpStat.DownstreamRqIdleTimeout);
            OnLimit("stream timeout"u8, ResponseFlags.SI, "stream_idle_timeout");
        }
        else if (NextLimit() is > 0 and < long.MaxValue and var next)
        {
            _worker.Loop.ArmTimer(_limitTimer!, next);
        }
    }

    // Envoy: 408 while the client is the one who is late, 504 after; a response that has begun can only be cut.
    private void OnLimit(ReadOnlySpan<byte> body, ResponseFlags flags, string details, int grpcStatus = -1)
    {
        DetachUpstream();
        UncountRetry(success: false);
        if (_responseStarted)
        {
            Flags |= flags;
            Details = details;
            ResetDownstream();
        }
        else if (grpcStatus >= 0 && IsGrpc)
        {
            ReplyGrpcStatus(grpcStatus, body, flags, details);
        }
        else
        {
            Reply(_requestComplete ? 504 : 408, body, flags, details);
        }
    }

    private sealed class LimitTimer(HttpExchange owner) : LoopTimer
    {
        public override void OnTimer()
        {
            if (!owner._finished)
            {
                owner.OnLimitTimer();
            }
        }
    }
}
