using System.Buffers.Text;
using Lateen.Net.Http1;
using Lateen.Net.Tls;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>The attempts: host, connection, request out, response or failure in, retries.</summary>
internal sealed partial class HttpExchange
{
    private const int MaximumTried = 8;
    private const int EarlyBodyLimit = 64 * 1024;
    private const int WarmingPollMilliseconds = 5;

    private readonly Host?[] _tried = new Host?[MaximumTried];
    private ClusterWorker? _clusterWorker;
    private HostPool? _pool;
    private IUpstreamStream? _upstream;
    private RetryPolicy? _retry;
    private byte[] _body = [];
    private int _bodyLength;
    private bool _bodyLost;
    private int _triedCount;
    private uint _retriesLeft;
    private long _timeout;
    private long _perTryTimeout;
    private bool _replayedIdle;
    private bool _retryCounted;
    private bool _requestCounted;
    private bool _timeoutAs204;
    private bool _isTimeoutRetry;
    private ulong? _hash;
    private byte[]? _hashCookie;

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
        if (ShouldRetryResponse(status) && TryRetry())
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

    private bool CanKeepBody => !_bodyLost && (_retriesLeft > 0 || !_replayedIdle)
        && _bodyLength + Math.Max(Request.ContentLength - BodyBytesIn, 0) <= _clusterConfig!.BufferLimit && !IsUpgrade;

    private void StartAttempt()
    {
        if (Cluster!.WarmingUntil > _worker.Loop.Now)
        {
            // The cluster was just added: its endpoints are on their way, an error now would be ours.
            _worker.Loop.ArmTimer(_waitTimer, WarmingPollMilliseconds);
            return;
        }
        // A retry goes by what is in force now: a host may be gone since.
        _clusterConfig = Cluster.Config ?? _clusterConfig!;
        _clusterWorker = ClusterWorker.For(_worker, Cluster);
        if (Attempts == 0)
        {
            ArmRequestTimer();
        }
        PickContext context = new()
        {
            OriginalDestination = DownstreamLocal,
            Tried = _tried.AsSpan(0, _triedCount)!,
            MaximumReselections = _triedCount == 0 ? 0 : _retry?.HostReselections ?? 0,
            Hash = _hash,
        };
        Host? host = _clusterWorker.Pick(_clusterConfig, context);
        if (host is null)
        {
            _clusterWorker.Stats.Add(ClusterStat.UpstreamCxNoneHealthy);
            Reply(503, "no healthy upstream"u8, ResponseFlags.UH, "no_healthy_upstream");
            return;
        }
        Host = host;
        Attempts++;
        if (_triedCount < MaximumTried)
        {
            _tried[_triedCount++] = host;
        }
        if (_route?.Action is Forward { AutoHostRewrite: true } && host.Config.Hostname.Length > 0)
        {
            Request.Set(HttpField.Host, System.Text.Encoding.ASCII.GetBytes(host.Config.Hostname));
        }
        _pool = _clusterWorker.PoolOf(host, _clusterConfig, KeyFor(host), _downstream?.Connection);
        _pool.Acquire(this);
    }

    private bool IsHighPriority => _route?.Action is Forward { IsHighPriority: true };

    private BreakerCounts Breaker => _clusterWorker!.Counts(IsHighPriority);

    // Which connections may carry the request: nearly always one of the two that everybody shares.
    private PoolKey KeyFor(Host host)
    {
        DownstreamConnection client = _downstream!.Connection;
        UpstreamOrigin origin = _clusterConfig!.TellsClients || client.OriginalSource is not null
            ? UpstreamOrigin.Of(client, _clusterConfig, host) : default;
        if (_clusterConfig.TakesServerName || _clusterConfig.ChecksServerName)
        {
            origin = origin with { ServerName = WantedHost(), ChecksServerName = _clusterConfig.ChecksServerName };
        }
        return EndsConnect ? new PoolKey(false, IsHighPriority, origin) { IsRaw = true }
            : new PoolKey(ClusterWorker.IsHttp2(_clusterConfig, DownstreamProtocol), IsHighPriority, origin);
    }

    // The host that is asked for, without its port; the same host is the same string, whatever request names it.
    private string? WantedHost()
    {
        ReadOnlySpan<byte> host = _clusterConfig!.ServerNameHeader.Length > 0
            && Request.TryGet(_clusterConfig.ServerNameHeader, out ReadOnlySpan<byte> named) && !named.IsEmpty ? named : Request.Get(HttpField.Host);
        host = RouteTable.CutPort(host).Trim("[]"u8);
        return host.IsEmpty ? null : _worker.Telemetry.Text(host);
    }

    private void ForwardRequestData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_mirrors is not null)
        {
            MirrorData(data, endStream);
        }
        if (_upstream is { } upstream && CanTakeBody)
        {
            if (!_bodyLost)
            {
                Keep(data);
            }
            upstream.SendData(data, endStream);
            if (upstream.HasPendingOutput)
            {
                _downstream!.PauseReading();
            }
            if (endStream)
            {
                LastUpstreamOut = _worker.Loop.Now;
                ArmRequestTimer();
                ArmTryTimer();
            }
            return;
        }
        Keep(data);
        if (endStream)
        {
            ArmRequestTimer();
        }
        else if (_bodyLength >= Math.Max(EarlyBodyLimit, _bodyWanted))
        {
            _downstream!.PauseReading();
        }
    }

    private void ForwardRequestTrailers()
    {
        if (_upstream is { } upstream)
        {
            upstream.SendTrailers(RequestTrailers);
            LastUpstreamOut = _worker.Loop.Now;
            ArmTryTimer();
        }
        ArmRequestTimer();
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        int limit = Math.Max(_clusterConfig?.BufferLimit ?? 0, 2 * EarlyBodyLimit);
        if (_upstream is not null && _bodyLength + data.Length > limit)
        {
            _bodyLost = true;
            _bodyLength = 0;
            _clusterWorker!.Stats.Add(ClusterStat.RetryOrShadowAbandoned);
            return;
        }
        if (_body.Length < _bodyLength + data.Length)
        {
            Array.Resize(ref _body, Math.Max(_bodyLength + data.Length, Math.Max(2048, _body.Length * 2)));
        }
        data.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += data.Length;
    }

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

    private void CountRequest(IUpstreamStream upstream)
    {
        _requestCounted = true;
        _pool = upstream.Pool;
        Breaker.ActiveRequests++;
        StatBlock stats = _clusterWorker!.Stats;
        stats.Add(ClusterStat.UpstreamRqTotal);
        stats.Add(ClusterStat.UpstreamRqActive);
        _pool.Counts.RqTotal++;
        _pool.Counts.RqActive++;
    }

    private void UncountRequest()
    {
        if (_requestCounted)
        {
            _requestCounted = false;
            Breaker.ActiveRequests--;
            _clusterWorker!.Stats.Add(ClusterStat.UpstreamRqActive, -1);
            _pool!.Counts.RqActive--;
        }
    }

    private void CountResponse(int status)
    {
        StatBlock stats = _clusterWorker!.Stats;
        stats.Add(ClusterStat.UpstreamRqCompleted);
        stats.Values[(int)ClusterStat.UpstreamRq1xx + Math.Min(status / 100, 5) - 1]++;
        stats.AddCode(status);
        stats.Record(1, _worker.Loop.Now - Start);
        if (status >= 500)
        {
            _pool!.Counts.RqError++;
        }
        else
        {
            _pool!.Counts.RqSuccess++;
        }
    }

    private void CountHostError()
    {
        if (_pool is not null)
        {
            _pool.Counts.RqError++;
        }
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

    private void ResetUpstream()
    {
        Array.Clear(_tried, 0, _triedCount);
        (_clusterWorker, _pool, _upstream, _retry) = (null, null, null, null);
        if (_body.Length > 64 * 1024)
        {
            _body = [];
        }
        (_bodyLength, _bodyLost, _triedCount, _retriesLeft) = (0, false, 0, 0);
        (_timeout, _perTryTimeout, _timeoutAs204) = (0, 0, false);
        (_replayedIdle, _retryCounted, _requestCounted) = (false, false, false);
        (_isTimeoutRetry, _hash, _hashCookie, _perTryIdle) = (false, null, null, 0);
    }
}
