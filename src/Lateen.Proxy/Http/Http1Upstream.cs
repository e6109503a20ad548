using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>An HTTP/1.1 connection to a host: one exchange at a time.</summary>
internal sealed partial class Http1Upstream : ExclusiveUpstream
{
    private readonly Http1Pool _pool;
    private bool _peerClosed;
    private long _idleSince;

    public Http1Upstream(ProxyWorker worker, Http1Pool pool) : base(worker, pool) => _pool = pool;

    public Http1Upstream? Next { get; set; }

    public Http1Upstream? Previous { get; set; }

    /// <summary>In the pool's idle list.</summary>
    public bool IsIdle { get; set; }

    /// <summary>It has reached the cluster's max_connection_duration: it ends with the exchange that it serves.</summary>
    public bool IsOld { get; private set; }

    /// <summary>Exchanges begun on this connection.</summary>
    public uint Served { get; private set; }

    /// <summary>No byte of a response has come for the running exchange, and the connection had served another before.</summary>
    public bool MayHaveDiedIdle => Served > 1 && !_sawInput;

    private long LastMoment => _pool.Config.MaximumConnectionMilliseconds is > 0 and var limit ? CalledAt + limit : long.MaxValue;

    /// <summary>Sends the exchange's request. The connection is idle and connected.</summary>
    public void Begin(HttpExchange exchange)
    {
        Exchange = exchange;
        _state = State.Head;
        Served++;
        (_requestComplete, _sawInput, IsPaused) = (false, false, false);
        exchange.OnUpstreamReady(this);
    }

    public override void Abort() => Fail(UpstreamFailure.LocalReset, null);

    protected override void OnReady()
    {
        _idleSince = Loop.Now;
        ArmLimits();
        _pool.OnConnected(this);
    }

    protected override void OnReadable(Readiness events)
    {
        _peerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        ReadLoop();
    }

    protected override void OnOutputFailed(int error)
    {
        // The peer may have answered before it closed (an early 413, say): what it sent is read first.
        _peerClosed = true;
        IsPaused = false;
        ReadLoop();
    }

    protected override void OnClosed()
    {
        base.OnClosed();
        _pool.OnClosed(this);
    }

    protected override void OnTimer()
    {
        if (!IsOld && Loop.Now >= LastMoment)
        {
            IsOld = true;
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxMaxDurationReached);
            if (IsIdle)
            {
                CloseSocket();
                return;
            }
        }
        long idle = _pool.Config.IdleTimeoutMilliseconds;
        if (idle > 0 && IsIdle && Loop.Now - _idleSince >= idle)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxIdleTimeout);
            CloseSocket();
            return;
        }
        ArmLimits();
    }

    private void Fail(UpstreamFailure failure, string? transport)
    {
        HttpExchange? exchange = Exchange;
        bool diedIdle = failure == UpstreamFailure.ConnectionTermination && MayHaveDiedIdle;
        Exchange = null;
        if (failure == UpstreamFailure.ProtocolError)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxProtocolError);
        }
        if (exchange is not null)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamRqRxReset);
        }
        CloseSocket();
        exchange?.OnUpstreamReset(failure, transport, diedIdle);
    }

    // Armed once and looked at when it fires: a request does not touch the wheel.
    private void ArmLimits()
    {
        long idle = _pool.Config.IdleTimeoutMilliseconds;
        long next = idle > 0 ? (IsIdle || Served == 0 ? _idleSince : Loop.Now) + idle : long.MaxValue;
        next = IsOld ? next : Math.Min(next, LastMoment);
        if (next != long.MaxValue)
        {
            ArmTimer(Math.Max(next - Loop.Now, 1));
        }
    }
}
