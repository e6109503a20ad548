using Lateen.Net.Http1;
using Lateen.Net.Tls;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>The attempts: host, connection, request out, response or failure in, retries.</summary>
internal sealed partial class HttpExchange
{
    private ClusterWorker? _clusterWorker;
    private HostPool? _pool;
    private IUpstreamStream? _upstream;
    private AttemptLimits _limits;

    /// <summary>A connection is there: the request goes out.</summary>
    public void OnUpstreamReady(IUpstreamStream upstream)
    {
        _upstream = upstream;
        (UpstreamLocal, UpstreamProtocol) = (upstream.LocalAddress, upstream.Protocol);
        TlsTransport? tls = upstream.Transport as TlsTransport;
        (UpstreamTls, UpstreamLocalCertificate) = (tls?.Details, tls?.LocalCertificate);
        CountRequest(upstream);
        bool complete = _requestComplete && _bodyLength == 0 && !_hasRequestTrailers && !IsUpgrade;
        if (_virtualHost is { IncludeAttemptCount: true })
        {
            Request.Set(HttpField.XEnvoyAttemptCount, Attempts);
        }
        if (Attempts > 1 && _virtualHost is { IncludeIsTimeoutRetry: true })
        {
            Request.Set("x-envoy-is-timeout-retry"u8, _isTimeoutRetry ? "true"u8 : "false"u8);
        }
        if (IsUpgrade)
        {
            PrepareTunnel(upstream);
        }
        upstream.SendHead(this, complete);
        if (!complete && _bodyLength > 0 && !IsUpgrade)
        {
            upstream.SendData(_body.AsSpan(0, _bodyLength), _requestComplete && !_hasRequestTrailers);
        }
        if (_hasRequestTrailers)
        {
            upstream.SendTrailers(RequestTrailers);
        }
        if (_requestComplete)
        {
            LastUpstreamOut = _worker.Loop.Now;
            ArmTryTimer();
        }
        ArmTryIdleTimer();
        if (!CanKeepBody && !IsUpgrade)
        {
            _bodyLength = 0;
            _bodyLost = true;
        }
        if (!upstream.HasPendingOutput && !IsUpgrade)
        {
            _downstream?.ResumeReading();
        }
    }

    /// <summary>The upstream takes bytes again.</summary>
    public void OnUpstreamDrained() => _downstream?.ResumeReading();

    /// <summary>The response has been read to its end; the connection is the pool's again.</summary>
    public void OnUpstreamReleased()
    {
        _upstream = null;
        UncountRequest();
    }

    public void OnResponseHead(bool endStream)
    {
        long now = _worker.Loop.Now;
        FirstUpstreamIn = _lastActive = now;
        int status = Response.Status;
        CountResponse(status);
        ReportResponse(status, endStream);
        if (!_bodyLost && _limits.Retry?.Retries(Response, IsGrpc) == true && TryRetry())
        {
            return;
        }
        // The limit of one try is kept by the head; the route's covers the body as well (RouteAction.timeout) and goes on.
        _worker.Loop.Timers.Cancel(_tryTimer);
        ArmTryIdleTimer();
        UncountRetry(success: status < 500);
        _bodyLost = true;
        bool opens = OpensTunnel(status, endStream);
        if (opens)
        {
            BeginTunnel();
        }
        SendUpstreamHead(endStream);
        if (opens)
        {
            ContinueTunnel();
        }
        if (endStream)
        {
            CompleteResponse();
        }
    }

    public void OnResponseData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_finished || _replied || !_responseStarted)
        {
            return; // The rest of a response that was given up for a retry.
        }
        BodyBytesOut += data.Length;
        ArmTryIdleTimer();
        if (IsGrpc)
        {
            _responseFrames.Read(data);
        }
        _lastActive = _worker.Loop.Now;
        if (_downstream is { } downstream)
        {
            downstream.SendData(data, endStream);
            if (downstream.HasPendingOutput)
            {
                _upstream?.PauseReading();
            }
        }
        if (endStream)
        {
            CompleteResponse();
        }
    }

    /// <summary>The response ends with the fields in <see cref="ResponseTrailers"/>.</summary>
    public void OnResponseTrailers()
    {
        if (_finished || _replied || !_responseStarted)
        {
            return;
        }
        _downstream?.SendTrailers(ResponseTrailersHead);
        CompleteResponse();
    }

    /// <summary>No connection could be had.</summary>
    public void OnUpstreamFailed(UpstreamFailure failure, string? transport)
    {
        if (failure != UpstreamFailure.Overflow)
        {
            CountHostError();
        }
        ReportFailure(failure);
        OnAttemptFailed(failure, transport);
    }

    /// <summary>The connection broke, or what came was not HTTP.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="transport">The transport's own reason, if any.</param>
    /// <param name="diedIdle">The connection had been used before and not one byte of an answer came.</param>
    public void OnUpstreamReset(UpstreamFailure failure, string? transport, bool diedIdle)
    {
        _upstream = null;
        UncountRequest();
        if (_finished)
        {
            return;
        }
        if (IsUpgrade && _tunnelOpen)
        {
            Flags |= failure.Flag();
            ResetDownstream();
            return;
        }
        if (_responseStarted)
        {
            Flags |= failure.Flag();
            Details = FailureDetails("upstream_reset_after_response_started", failure, transport);
            ResetDownstream();
            return;
        }
        // RFC 9112 9.3.1: a kept-alive connection may close just as a request is sent on it. The request is sent again, once and unseen, where that
        // cannot run it twice: safe methods (RFC 9110 9.2.2), the whole of it still at hand.
        // RFC 9113 8.7: a refused stream was not looked at, whatever its method.
        if (((diedIdle && IsReplayable()) || failure == UpstreamFailure.RemoteRefusedStream) && !_replayedIdle && !_bodyLost)
        {
            _replayedIdle = true;
            Response.Reset();
            _worker.Loop.Timers.Cancel(_tryTimer);
            Attempts--;
            StartAttempt();
            return;
        }
        CountHostError();
        ReportFailure(failure);
        OnAttemptFailed(failure, transport);
    }

    private void DetachUpstream()
    {
        if (WaitingIn is { } pool)
        {
            pool.Cancel(this);
        }
        if (_upstream is { } upstream)
        {
            _upstream = null;
            UncountRequest();
            _clusterWorker!.Stats.Add(ClusterStat.UpstreamRqTxReset);
            upstream.Cancel();
        }
        _worker.Loop.Timers.Cancel(_waitTimer);
        _worker.Loop.Timers.Cancel(_tryIdleTimer);
    }

    private void ResetUpstream()
    {
        Array.Clear(_tried, 0, _triedCount);
        (_clusterWorker, _pool, _upstream, _limits) = (null, null, null, default);
        if (_body.Length > 64 * 1024)
        {
            _body = [];
        }
        (_bodyLength, _bodyLost, _triedCount) = (0, false, 0);
        (_replayedIdle, _retryCounted, _requestCounted) = (false, false, false);
        (_isTimeoutRetry, _hash, _hashCookie) = (false, null, null);
    }
}
