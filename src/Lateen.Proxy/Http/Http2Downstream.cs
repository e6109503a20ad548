using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>A client's HTTP/2 connection: each stream drives an exchange of its own.</summary>
internal sealed class Http2Downstream : Http2Connection
{
    private const int DrainMilliseconds = 1000;

    private readonly ConnectionTimer _timer = new();
    private bool _draining;
    private bool _closing;
    private IdleWatch _idle;

    public Http2Downstream(ProxyWorker worker, DownstreamConnection connection, HttpManager manager) : base(worker, isServer: true, manager.Http2)
    {
        Connection = connection;
        Manager = manager;
        Stats = manager.Stats.For(worker.Index);
        _timer.Owner = this;
        _idle = new IdleWatch(worker.Loop, _timer, manager.IdleTimeoutMilliseconds);
    }

    public DownstreamConnection Connection { get; }

    public HttpManager Manager { get; }

    public StatBlock Stats { get; }

    /// <summary>Begins to serve; bytes that were read already come first.</summary>
    public void Start(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        Stats.Add(HttpStat.DownstreamCxTotal);
        Stats.Add(HttpStat.DownstreamCxActive);
        Continue(fd, transport, first);
    }

    /// <summary>Goes on with a connection that is counted already.</summary>
    public void Continue(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        Stats.Add(HttpStat.DownstreamCxHttp2Total);
        Stats.Add(HttpStat.DownstreamCxHttp2Active);
        Attach(fd, transport);
        _idle.Arm();
        Session.Start();
        if (!first.IsEmpty)
        {
            Process(first);
        }
        if (IsOpen && transport is not null)
        {
            OnReadable(Readiness.Readable);
        }
    }

    public override Http2Stream? AcceptStream()
    {
        if (_closing)
        {
            return null;
        }
        if (!_draining && (Manager.IsRetired || Worker.IsDraining || Manager.HasOutlived(Connection, Loop.Now)))
        {
            Drain();
        }
        Http2DownstreamStream stream = (Http2DownstreamStream?)TakeFree() ?? new Http2DownstreamStream(this);
        stream.Attach(Worker.TakeExchange());
        return stream;
    }

    public override void OnGoAway(int lastStream, Http2ErrorCode code)
    {
        // The client opens no more streams: running ones are served, then it is over.
        _closing = true;
        CloseIfDone();
    }

    public override void OnFailed(Http2ErrorCode code, string reason)
    {
        Stats.Add(HttpStat.DownstreamCxProtocolError);
        _closing = true;
        // Time for the GOAWAY to leave, but not for a peer who does not read.
        Loop.ArmTimer(_timer, DrainMilliseconds);
        CloseIfDone();
    }

    public override void Abort() => Gone();

    /// <summary>An exchange of this connection is over.</summary>
    public void OnExchangeDone()
    {
        _idle.Touch();
        if (!_draining && (Manager.IsRetired || Worker.IsDraining || Manager.HasOutlived(Connection, Loop.Now)))
        {
            Drain();
        }
    }

    protected override void OnStreamEnded() => CloseIfDone();

    protected override void OnPeerClosed() => Gone();

    protected override void OnOutputFailed(int error) => Gone();

    protected override void OnOutputDrained()
    {
        base.OnOutputDrained();
        CloseIfDone();
    }

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        Stats.Add(HttpStat.DownstreamCxActive, -1);
        Stats.Add(HttpStat.DownstreamCxHttp2Active, -1);
        Stats.Add(HttpStat.DownstreamCxDestroy);
        Stats.Add(HttpStat.DownstreamCxRxBytesTotal, BytesIn);
        Stats.Add(HttpStat.DownstreamCxTxBytesTotal, BytesOut);
        Stats.Record(1, Loop.Now - Connection.AcceptedAt);
        Connection.Listener.OnConnectionClosed(Worker, Connection);
    }

    // RFC 9113 6.8: first a GOAWAY that forbids nothing, so that streams on their way arrive; a round trip later the one that does.
    private void Drain()
    {
        _draining = true;
        Stats.Add(HttpStat.DownstreamCxDrainClose);
        Session.GoAway(Http2ErrorCode.NoError, graceful: true);
        Loop.ArmTimer(_timer, DrainMilliseconds);
    }

    private void CloseIfDone()
    {
        if (_closing && IsOpen && Session.StreamCount == 0 && PendingOutput == 0)
        {
            CloseSocket();
        }
    }

    private void Gone()
    {
        Stats.Add(HttpStat.DownstreamCxDestroyRemote);
        CloseSocket();
        Session.Close(Http2ErrorCode.Cancel);
    }

    private void OnTimer()
    {
        if (_closing && Session.StreamCount == 0)
        {
            CloseSocket();
            return;
        }
        if (_draining && !_closing)
        {
            _closing = true;
            Session.GoAway(Http2ErrorCode.NoError, graceful: false);
            CloseIfDone();
            return;
        }
        if (_idle.IsOver(isBusy: Session.StreamCount > 0))
        {
            Stats.Add(HttpStat.DownstreamCxIdleTimeout);
            Drain();
        }
    }

    private sealed class ConnectionTimer : LoopTimer
    {
        public Http2Downstream? Owner { get; set; }

        public override void OnTimer() => Owner?.OnTimer();
    }
}
