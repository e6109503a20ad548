using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>An HTTP/2 connection to a host: as many exchanges at a time as both ends allow.</summary>
internal sealed class Http2Upstream : Http2Connection
{
    private readonly Http2Pool _pool;
    private readonly UpstreamTimer _timer = new();
    private readonly List<Http2UpstreamStream> _held = [];
    private bool _retired;
    private long _connectStarted;
    private long _idleSince;

    public Http2Upstream(ProxyWorker worker, Http2Pool pool) : base(worker, isServer: false, pool.Config.Http2Limits)
    {
        _pool = pool;
        _timer.Owner = this;
    }

    public Http2Pool Pool => _pool;

    public IpEndpoint LocalAddress { get; private set; }

    /// <summary>Exchanges begun on this connection.</summary>
    public uint Served { get; private set; }

    /// <summary>Why the connection ended, for the streams that end with it; null while it has not.</summary>
    public UpstreamFailure? Failure { get; private set; }

    public bool CanTake => IsOpen && !IsConnecting && !_retired && !Session.IsExhausted
        && Session.StreamCount < Math.Min(Session.PeerStreamLimit ?? _pool.ExpectedStreams, _pool.Config.Http2MaximumStreams);

    public void Start(int fd, StreamTransport? transport)
    {
        _pool.OnOpened();
        _connectStarted = Loop.Now;
        Loop.ArmTimer(_timer, _pool.Config.ConnectTimeoutMilliseconds);
        AttachConnecting(fd, transport);
    }

    /// <summary>Opens a stream for the exchange.</summary>
    public void Begin(HttpExchange exchange)
    {
        Served++;
        if (_pool.Config.MaxRequestsPerConnection != 0 && Served >= _pool.Config.MaxRequestsPerConnection)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxMaxRequests);
            _retired = true;
        }
        Http2UpstreamStream stream = (Http2UpstreamStream?)TakeFree() ?? new Http2UpstreamStream(this);
        // RFC 8441 3: whether an upgrade can be asked for is known once the server's settings are here. Until then the stream is not opened.
        if (!exchange.IsUpgrade || exchange.IsConnect || Session.PeerAllowsConnect)
        {
            Session.OpenStream(stream);
        }
        else if (Session.PeerStreamLimit is null)
        {
            _held.Add(stream);
        }
        else
        {
            // Not from within the exchange's own call.
            Loop.ArmTimer(new Refusal(stream), 1);
        }
        stream.Begin(exchange);
    }

    /// <summary>A stream that was held back is wanted no longer.</summary>
    public void Unhold(Http2UpstreamStream stream) => _held.Remove(stream);

    /// <summary>Takes no new exchanges; ends with its last one.</summary>
    public void Retire()
    {
        _retired = true;
        CloseIfDone();
    }

    public override Http2Stream? AcceptStream() => null;

    public override void OnGoAway(int lastStream, Http2ErrorCode code)
    {
        _retired = true;
        CloseIfDone();
    }

    public override void OnSettings()
    {
        if (_held.Count > 0)
        {
            Http2UpstreamStream[] held = [.. _held];
            _held.Clear();
            foreach (Http2UpstreamStream stream in held)
            {
                stream.OpenHeld();
            }
        }
        _pool.OnCapacity(this);
    }

    public override void OnFailed(Http2ErrorCode code, string reason)
    {
        _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxProtocolError);
        _retired = true;
        FailHeld();
        CloseIfDone();
    }

    public override void Abort() => Fail(UpstreamFailure.LocalReset);

    protected override void OnConnected(int error)
    {
        Loop.Timers.Cancel(_timer);
        if (error != 0)
        {
            string reason = Transport?.Failure ?? $"delayed connect error: {error}";
            CloseSocket();
            _pool.OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, reason);
            return;
        }
        LocalAddress = SocketCalls.LocalAddress(Fd);
        _pool.Cluster.Stats.Record(0, Loop.Now - _connectStarted);
        _idleSince = Loop.Now;
        ArmLimits();
        Session.Start();
        _pool.OnConnected(this);
    }

    protected override void OnStreamEnded()
    {
        _idleSince = Loop.Now;
        CloseIfDone();
        if (IsOpen)
        {
            _pool.OnCapacity(this);
        }
    }

    protected override void OnPeerClosed()
    {
        _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyRemote);
        Fail(UpstreamFailure.ConnectionTermination);
    }

    protected override void OnOutputFailed(int error) => OnReadable(Readiness.Failed);

    protected override void OnOutputDrained()
    {
        base.OnOutputDrained();
        CloseIfDone();
    }

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        _pool.OnClosed(this);
    }

    private void CloseIfDone()
    {
        if (_retired && IsOpen && Session.StreamCount == 0 && _held.Count == 0 && PendingOutput == 0)
        {
            CloseSocket();
        }
    }

    private void Fail(UpstreamFailure failure)
    {
        Failure = failure;
        _retired = true;
        if (Session.StreamCount > 0)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
        }
        CloseSocket();
        Session.Close(Http2ErrorCode.Cancel);
        FailHeld();
    }

    private void FailHeld()
    {
        foreach (Http2UpstreamStream stream in _held.ToArray())
        {
            stream.OnReset(Http2ErrorCode.Cancel, byPeer: true);
        }
        _held.Clear();
    }

    private void OnTimer()
    {
        if (IsConnecting)
        {
            CloseSocket();
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
            _pool.OnConnectFailed(UpstreamFailure.ConnectionTimeout, null);
            return;
        }
        if (!_retired && Loop.Now >= LastMoment)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxMaxDurationReached);
            Retire();
            return;
        }
        long idle = _pool.Config.IdleTimeoutMilliseconds;
        if (idle > 0 && Session.StreamCount == 0 && Loop.Now - _idleSince >= idle)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxIdleTimeout);
            Session.GoAway(Http2ErrorCode.NoError, graceful: false);
            Retire();
            return;
        }
        ArmLimits();
    }

    private long LastMoment => _pool.Config.MaximumConnectionMilliseconds is > 0 and var limit ? _connectStarted + limit : long.MaxValue;

    private void ArmLimits()
    {
        long idle = _pool.Config.IdleTimeoutMilliseconds;
        long next = idle > 0 ? (Session.StreamCount == 0 ? _idleSince : Loop.Now) + idle : long.MaxValue;
        next = _retired ? next : Math.Min(next, LastMoment);
        if (next != long.MaxValue)
        {
            Loop.ArmTimer(_timer, Math.Max(next - Loop.Now, 1));
        }
    }

    private sealed class Refusal(Http2UpstreamStream stream) : LoopTimer
    {
        public override void OnTimer() => stream.Refuse();
    }

    private sealed class UpstreamTimer : LoopTimer
    {
        public Http2Upstream? Owner { get; set; }

        public override void OnTimer() => Owner?.OnTimer();
    }
}
