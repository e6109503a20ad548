using Lateen.Net.Sockets;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>A client's HTTP/1.x connection: one request after the other, pipelined ones wait (RFC 9112 9.3.2).</summary>
internal sealed partial class Http1Downstream : StreamSocket, IDownstreamStream
{
    // "PRI * HTTP/2.0" and its line end.
    private const int Http2PrefaceLine = 16;

    private readonly ProxyWorker _worker;
    private readonly ConnectionTimer _timer = new();
    private HttpExchange? _exchange;
    private bool _peerClosed;
    private bool _paused;
    private bool _closing;
    private bool _responseComplete;
    private long _headSince;
    private IdleWatch _idle;

    public Http1Downstream(ProxyWorker worker, in DownstreamConnection connection, HttpManager manager) : base(worker.Loop)
    {
        _worker = worker;
        Connection = connection;
        Manager = manager;
        Stats = manager.Stats.For(worker.Index);
        _timer.Owner = this;
        _idle = new IdleWatch(worker.Loop, _timer, manager.IdleTimeoutMilliseconds);
    }

    public DownstreamConnection Connection { get; }

    public HttpManager Manager { get; }

    public StatBlock Stats { get; }

    public HttpProtocol Protocol => HttpProtocol.Http11;

    /// <summary>Begins to serve; bytes that inspection has already read come first.</summary>
    public void Start(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        Stats.Add(HttpStat.DownstreamCxTotal);
        Stats.Add(HttpStat.DownstreamCxActive);
        _idle.Arm();
        Attach(fd, transport);
        if (!first.IsEmpty)
        {
            Process(first);
        }
        else if (transport is not null)
        {
            OnReadable(Readiness.Readable);
        }
    }

    public void PauseReading() => _paused = true;

    public void ResumeReading()
    {
        if (_paused)
        {
            _paused = false;
            if (!_processing)
            {
                Continue();
            }
        }
    }

    /// <summary>The upgrade was accepted: from here on bytes pass as they are.</summary>
    public void BeginTunnel() => _body = RequestBody.Tunnel;

    /// <summary>The exchange is over and has been logged; the next may begin.</summary>
    public void OnExchangeDone()
    {
        _exchange = null;
        _idle.Touch();
        _responseComplete = true;
        if (!IsOpen)
        {
            return;
        }
        if (_closing || _body != RequestBody.Complete)
        {
            CloseGracefully();
            return;
        }
        if (!_processing)
        {
            Continue();
        }
    }

    public override void Abort() => Gone();

    protected override void OnReadable(Readiness events)
    {
        _readable = true;
        _peerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        if (_closing && _responseComplete)
        {
            DiscardInput();
            return;
        }
        if (_exchange is not null && _body == RequestBody.Complete)
        {
            // The answer is under way, nothing is read meanwhile; but a client that is gone is noticed (Envoy: DC).
            if (_peerClosed)
            {
                Gone();
            }
            return;
        }
        if (!_paused)
        {
            Continue();
        }
    }

    protected override void OnOutputDrained()
    {
        if (_closing && _responseComplete)
        {
            CloseGracefully();
            return;
        }
        _exchange?.OnDownstreamDrained();
    }

    protected override void OnOutputFailed(int error) => Gone();

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        if (_stash is { } stash)
        {
            _stash = null;
            Loop.Buffers.Return(stash);
        }
        Stats.Add(HttpStat.DownstreamCxActive, -1);
        Stats.Add(HttpStat.DownstreamCxHttp1Active, _isCounted ? -1 : 0);
        Stats.Add(HttpStat.DownstreamCxDestroy);
        Stats.Add(HttpStat.DownstreamCxRxBytesTotal, BytesIn);
        Stats.Add(HttpStat.DownstreamCxTxBytesTotal, BytesOut);
        Stats.Record(1, Loop.Now - Connection.AcceptedAt);
        Connection.Listener.OnConnectionClosed(_worker, Connection);
    }

    // Everything is sent: FIN, then wait for the client's, so that a reset does not overtake the answer (Envoy: delayed_close_timeout).
    private void CloseGracefully()
    {
        _closing = true;
        if (HasPendingOutput || PendingOutput > 0)
        {
            return;
        }
        if (_peerClosed || _body == RequestBody.Complete)
        {
            // Nothing unread is known of; a pipelined request that nobody will answer may be lost, as RFC 9112 9.6 says.
            if (_stashLength == 0 && !_readable)
            {
                CloseSocket();
                return;
            }
        }
        ShutdownWrite();
        Loop.ArmTimer(_timer, 1000);
        DiscardInput();
    }

    private void DiscardInput()
    {
        while (IsOpen)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n <= 0)
            {
                CloseSocket();
            }
        }
    }

    private void Gone()
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        Stats.Add(HttpStat.DownstreamCxDestroyRemote);
        CloseSocket();
        if (exchange is { HasBegun: true })
        {
            exchange.OnDownstreamGone();
        }
        else if (exchange is not null)
        {
            _worker.ReturnExchange(exchange);
        }
    }

    // Slow heads: the timer of idleness serves, it is asked earlier.
    private void AwaitHead()
    {
        _headSince = Loop.Now;
        if (Manager.RequestHeadersTimeoutMilliseconds > 0)
        {
            Loop.ArmTimer(_timer, Manager.RequestHeadersTimeoutMilliseconds);
        }
    }

    private void OnTimer()
    {
        if (_closing)
        {
            CloseSocket();
            return;
        }
        if (_headSince > 0 && Manager.RequestHeadersTimeoutMilliseconds > 0 && Loop.Now - _headSince >= Manager.RequestHeadersTimeoutMilliseconds
            && _exchange is { HasBegun: false } late)
        {
            _headSince = 0;
            Stats.Add(HttpStat.DownstreamRqHeaderTimeout);
            late.RefuseHead(408, "request_header_timeout", "request header timeout"u8, AccessLog.ResponseFlags.None);
            return;
        }
        if (_idle.IsOver(isBusy: _exchange is { HasBegun: true }))
        {
            Stats.Add(HttpStat.DownstreamCxIdleTimeout);
            Gone();
        }
    }

    private sealed class ConnectionTimer : LoopTimer
    {
        public Http1Downstream? Owner { get; set; }

        public override void OnTimer() => Owner?.OnTimer();
    }
}
