using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>A host's end of a CONNECT tunnel that ends here: plain bytes both ways, half-close from the client's side.</summary>
internal sealed class RawUpstream : StreamSocket, IUpstreamStream
{
    private readonly RawPool _pool;
    private readonly ConnectTimer _timer;
    private HttpExchange? _exchange;
    private bool _paused;
    private bool _finWanted;
    private long _connectStarted;

    public RawUpstream(ProxyWorker worker, RawPool pool) : base(worker.Loop)
    {
        _pool = pool;
        _timer = new ConnectTimer(this);
    }

    public HostPool Pool => _pool;

    public IpEndpoint LocalAddress { get; private set; }

    public HttpProtocol Protocol => HttpProtocol.None;

    public void Start(int fd, StreamTransport? transport)
    {
        _pool.OnOpened();
        _connectStarted = Loop.Now;
        Loop.ArmTimer(_timer, _pool.Config.ConnectTimeoutMilliseconds);
        AttachConnecting(fd, transport);
    }

    /// <summary>The exchange's tunnel is open at once: there is nobody to ask.</summary>
    public void Begin(HttpExchange exchange)
    {
        _exchange = exchange;
        exchange.OnUpstreamReady(this);
        if (_exchange == exchange)
        {
            exchange.Response.StartResponse(200);
            exchange.OnResponseHead(endStream: false);
        }
        if (IsOpen)
        {
            ReadLoop();
        }
    }

    public void SendHead(HttpExchange exchange, bool endStream)
    {
        // The host knows nothing of HTTP.
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        Write(data);
        if (endStream)
        {
            _finWanted = true;
            FinishIfSent();
        }
    }

    public void SendTrailers(MessageHead trailers) => SendData([], endStream: true);

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

    public override void Abort() => Fail(UpstreamFailure.LocalReset);

    protected override void OnConnected(int error)
    {
        Loop.Timers.Cancel(_timer);
        if (error != 0)
        {
            CloseSocket();
            _pool.OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, TransportFailure ?? $"delayed connect error: {error}");
            return;
        }
        LocalAddress = SocketCalls.LocalAddress(Fd);
        _pool.Cluster.Stats.Record(0, Loop.Now - _connectStarted);
        _pool.OnConnected(this);
    }

    protected override void OnReadable(Readiness events) => ReadLoop();

    protected override void OnOutputDrained()
    {
        FinishIfSent();
        _exchange?.OnUpstreamDrained();
    }

    protected override void OnOutputFailed(int error) => Fail(UpstreamFailure.ConnectionTermination);

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        _pool.OnClosed(this);
    }

    private void FinishIfSent()
    {
        if (_finWanted && IsOpen && PendingOutput == 0)
        {
            _finWanted = false;
            ShutdownWrite();
        }
    }

    private void ReadLoop()
    {
        while (IsOpen && !_paused && _exchange is { IsTunnelOpen: true } exchange)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n < 0)
            {
                Fail(UpstreamFailure.ConnectionTermination);
                return;
            }
            if (n == 0)
            {
                _exchange = null;
                exchange.OnUpstreamReleased();
                CloseSocket();
                exchange.OnResponseData([], endStream: true);
                return;
            }
            exchange.OnResponseData(Loop.Input.AsSpan(0, n), endStream: false);
        }
    }

    private void Fail(UpstreamFailure failure)
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        if (exchange is not null)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
        }
        CloseSocket();
        exchange?.OnUpstreamReset(failure, null, diedIdle: false);
    }

    private void OnTimer()
    {
        if (IsConnecting)
        {
            CloseSocket();
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
            _pool.OnConnectFailed(UpstreamFailure.ConnectionTimeout, null);
        }
    }

    private sealed class ConnectTimer(RawUpstream owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimer();
    }
}
