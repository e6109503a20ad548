using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>A connection to a host that has one exchange at a time: how it is made, how reading it pauses, and how the client's end passes through a tunnel.</summary>
/// <remarks>What the bytes mean is the subclass's matter. The one timer watches the connect first; afterwards it is the subclass's.</remarks>
internal abstract class ExclusiveUpstream : StreamSocket, IUpstreamStream
{
    private readonly HostPool _pool;
    private readonly UpstreamTimer _timer;
    private bool _finWanted;

    protected ExclusiveUpstream(ProxyWorker worker, HostPool pool) : base(worker.Loop)
    {
        _pool = pool;
        _timer = new UpstreamTimer(this);
    }

    public HostPool Pool => _pool;

    public IpEndpoint LocalAddress { get; private set; }

    public HttpProtocol Protocol => _pool.Protocol;

    /// <summary>Null: nobody waits for what the host says.</summary>
    protected HttpExchange? Exchange { get; set; }

    /// <summary>Nothing is to be read for now.</summary>
    protected bool IsPaused { get; set; }

    /// <summary>When its host was called, in the loop's milliseconds.</summary>
    protected long CalledAt { get; private set; }

    /// <summary>Takes over a descriptor whose connect is in progress.</summary>
    public void Start(int fd, StreamTransport? transport)
    {
        _pool.OnOpened();
        CalledAt = Loop.Now;
        ArmTimer(_pool.Config.ConnectTimeoutMilliseconds);
        AttachConnecting(fd, transport);
    }

    public abstract void SendHead(HttpExchange exchange, bool endStream);

    public abstract void SendData(ReadOnlySpan<byte> data, bool endStream);

    public abstract void SendTrailers(MessageHead trailers);

    /// <summary>The exchange has lost interest: the connection cannot be used again, as the host may still say something.</summary>
    public void Cancel()
    {
        Exchange = null;
        CloseSocket();
    }

    public void PauseReading() => IsPaused = true;

    public void ResumeReading()
    {
        if (IsPaused)
        {
            IsPaused = false;
            if (IsOpen)
            {
                ReadLoop();
            }
        }
    }

    protected sealed override void OnConnected(int error)
    {
        Loop.Timers.Cancel(_timer);
        if (error != 0)
        {
            CloseSocket();
            _pool.OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, TransportFailure ?? $"delayed connect error: {error}");
            return;
        }
        LocalAddress = SocketCalls.LocalAddress(Fd);
        _pool.Cluster.Stats.Record(0, Loop.Now - CalledAt);
        OnReady();
    }

    protected sealed override void OnOutputDrained()
    {
        FinishIfSent();
        Exchange?.OnUpstreamDrained();
    }

    protected override void OnClosed() => Loop.Timers.Cancel(_timer);

    /// <summary>The connection stands.</summary>
    protected abstract void OnReady();

    /// <summary>Reads until nothing is there, or reading is paused.</summary>
    protected abstract void ReadLoop();

    /// <summary>The time given to <see cref="ArmTimer"/> is over; not called while the connect is under way.</summary>
    protected virtual void OnTimer()
    {
    }

    protected void ArmTimer(long milliseconds) => Loop.ArmTimer(_timer, milliseconds);

    /// <summary>The client has said all it has to say through the tunnel: the half-close follows what was written.</summary>
    protected void FinishWriting()
    {
        _finWanted = true;
        FinishIfSent();
    }

    private void FinishIfSent()
    {
        if (_finWanted && IsOpen && PendingOutput == 0)
        {
            _finWanted = false;
            ShutdownWrite();
        }
    }

    private void TimeUp()
    {
        if (IsConnecting)
        {
            CloseSocket();
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
            _pool.OnConnectFailed(UpstreamFailure.ConnectionTimeout, null);
            return;
        }
        OnTimer();
    }

    private sealed class UpstreamTimer(ExclusiveUpstream owner) : LoopTimer
    {
        public override void OnTimer() => owner.TimeUp();
    }
}
