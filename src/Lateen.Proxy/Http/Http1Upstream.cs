using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>An HTTP/1.1 connection to a host: one exchange at a time.</summary>
internal sealed partial class Http1Upstream(ProxyWorker worker, Http1Pool pool) : StreamSocket(worker.Loop), IUpstreamStream
{
    private readonly UpstreamTimer _timer = new();
    private HttpExchange? _exchange;
    private bool _paused;
    private bool _peerClosed;
    private long _idleSince;
    private long _connectStarted;

    public Http1Upstream? Next { get; set; }

    public Http1Upstream? Previous { get; set; }

    /// <summary>In the pool's idle list.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Exchanges begun on this connection.</summary>
    public uint Served { get; private set; }

    public IpEndpoint LocalAddress { get; private set; }

    /// <summary>No byte of a response has come for the running exchange, and the connection had served another before.</summary>
    public bool MayHaveDiedIdle => Served > 1 && !_sawInput;

    public HostPool Pool => pool;

    public HttpProtocol Protocol => HttpProtocol.Http11;

    public void Start(int fd, StreamTransport? transport)
    {
        pool.OnOpened();
        _connectStarted = Loop.Now;
        _timer.Owner = this;
        Loop.ArmTimer(_timer, pool.Config.ConnectTimeoutMilliseconds);
        AttachConnecting(fd, transport);
    }

    /// <summary>Sends the exchange's request. The connection is idle and connected.</summary>
    public void Begin(HttpExchange exchange)
    {
        _exchange = exchange;
        _state = State.Head;
        Served++;
        (_requestComplete, _sawInput, _paused) = (false, false, false);
        exchange.OnUpstreamReady(this);
    }

    /// <summary>The exchange has lost interest: the connection cannot be used again, as a response may still come.</summary>
    public void Cancel()
    {
        _exchange = null;
        CloseSocket();
    }

    public void PauseReading() => _paused = true;

    public void ResumeReading()
    {
        if (_paused)
        {
            _paused = false;
            if (IsOpen)
            {
                ReadLoop();
            }
        }
    }

    public override void Abort() => Fail(UpstreamFailure.LocalReset, null);

    protected override void OnConnected(int error)
    {
        Loop.Timers.Cancel(_timer);
        if (error != 0)
        {
            CloseSocket();
            pool.OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, TransportFailure ?? $"delayed connect error: {error}");
            return;
        }
        LocalAddress = SocketCalls.LocalAddress(Fd);
        pool.Cluster.Stats.Record(0, Loop.Now - _connectStarted);
        _idleSince = Loop.Now;
        ArmIdle();
        pool.OnConnected(this);
    }

    protected override void OnReadable(Readiness events)
    {
        _peerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        ReadLoop();
    }

    protected override void OnOutputDrained()
    {
        FinishTunnel();
        _exchange?.OnUpstreamDrained();
    }

    protected override void OnOutputFailed(int error)
    {
        // The peer may have answered before it closed (an early 413, say): what it sent is read first.
        _peerClosed = true;
        _paused = false;
        ReadLoop();
    }

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        pool.OnClosed(this);
    }

    private void Fail(UpstreamFailure failure, string? transport)
    {
        HttpExchange? exchange = _exchange;
        bool diedIdle = failure == UpstreamFailure.ConnectionTermination && MayHaveDiedIdle;
        _exchange = null;
        if (failure == UpstreamFailure.ProtocolError)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxProtocolError);
        }
        if (exchange is not null)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
            pool.Cluster.Stats.Add(ClusterStat.UpstreamRqRxReset);
        }
        CloseSocket();
        exchange?.OnUpstreamReset(failure, transport, diedIdle);
    }

    private void OnTimer()
    {
        if (IsConnecting)
        {
            CloseSocket();
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
            pool.OnConnectFailed(UpstreamFailure.ConnectionTimeout, null);
            return;
        }
        if (IsIdle && Loop.Now - _idleSince >= pool.Config.IdleTimeoutMilliseconds)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxIdleTimeout);
            CloseSocket();
            return;
        }
        ArmIdle();
    }

    // Armed once and looked at when it fires: a request does not touch the wheel.
    private void ArmIdle()
    {
        if (pool.Config.IdleTimeoutMilliseconds > 0)
        {
            long left = IsIdle || Served == 0 ? _idleSince + pool.Config.IdleTimeoutMilliseconds - Loop.Now : pool.Config.IdleTimeoutMilliseconds;
            Loop.ArmTimer(_timer, Math.Max(left, 1));
        }
    }

    private sealed class UpstreamTimer : LoopTimer
    {
        public Http1Upstream? Owner { get; set; }

        public override void OnTimer() => Owner?.OnTimer();
    }
}
