using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Tcp;

/// <summary>A session's way to a host: the cluster's limits, the choice of a host, the attempts, and what all of them count. Its own timer is the connect's.</summary>
internal sealed class TcpUpstream(TcpSession session, ProxyWorker worker, DownstreamConnection connection, ClusterConfig config) : LoopTimer
{
    private const string ConnectTimeout = "connection timeout";

    private readonly ClusterWorker _cluster = ClusterWorker.For(worker, session.Cluster!);
    private HostCounts? _hostCounts;
    private long _begunAt;

    /// <summary>The connection, or the one under way; null when there is none.</summary>
    public TcpEnd? End { get; private set; }

    /// <summary>Calls a host, if the cluster has room for one connection more.</summary>
    public void Begin()
    {
        _begunAt = worker.Loop.Now;
        if (_cluster.Default.Exceeds(config.Default.MaxConnections, static c => c.Connections))
        {
            _cluster.Stats.Add(ClusterStat.UpstreamCxOverflow);
            session.OnUpstreamFailed(ResponseFlags.UO);
            return;
        }
        StartAttempt();
    }

    /// <summary>The connect has ended: 0, or the error number.</summary>
    public void OnConnected(int error)
    {
        worker.Loop.Timers.Cancel(this);
        TcpEnd end = End!;
        if (error != 0)
        {
            OnFailed(end.TransportFailure ?? $"delayed connect error: {error}");
            return;
        }
        session.Host!.Outlier?.OnConnected();
        TlsTransport? tls = end.Transport as TlsTransport;
        if (tls?.Details is { } details)
        {
            _cluster.State.TlsStats?.CountDone(worker.Index, details);
        }
        if (config.PeerExchange is { } exchange)
        {
            end.Greet(exchange);
        }
        _cluster.Stats.Record(0, worker.Loop.Now - _begunAt);
        session.OnUpstreamConnected(SocketCalls.LocalAddress(end.Fd), tls);
    }

    /// <summary>Bytes of the client went to the host.</summary>
    public void CountSent(int bytes) => _cluster.Stats.Add(ClusterStat.UpstreamCxTxBytesTotal, bytes);

    /// <summary>Bytes of the host came.</summary>
    public void CountReceived(int bytes) => _cluster.Stats.Add(ClusterStat.UpstreamCxRxBytesTotal, bytes);

    /// <summary>Ends the connection, or the attempt that is under way.</summary>
    public void Close()
    {
        worker.Loop.Timers.Cancel(this);
        if (End is { } end)
        {
            End = null;
            end.CloseSocket();
            Uncount();
        }
    }

    public override void OnTimer()
    {
        _cluster.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
        OnFailed(ConnectTimeout);
    }

    private void StartAttempt()
    {
        Host? host = _cluster.Pick(config, new PickContext { OriginalDestination = session.DownstreamLocal });
        if (host is null)
        {
            _cluster.Stats.Add(ClusterStat.UpstreamCxNoneHealthy);
            session.OnUpstreamFailed(ResponseFlags.UH);
            return;
        }
        session.OnAttempt(host);
        _hostCounts = host.For(worker.Index);
        _hostCounts.CxTotal++;
        _hostCounts.CxActive++;
        _cluster.Default.Connections++;
        _cluster.Stats.Add(ClusterStat.UpstreamCxTotal);
        _cluster.Stats.Add(ClusterStat.UpstreamCxActive);
        End = new TcpEnd(session, worker.Loop, isDownstream: false);
        UpstreamOrigin origin = UpstreamOrigin.Of(connection, config, host);
        string? problem = null;
        StreamTransport? transport = config.TransportOf(host.Config)?.Open(
            worker, origin, null, null, exchangesPeers: config.PeerExchange is not null, out problem);
        if (problem is not null)
        {
            OnFailed(problem);
            return;
        }
        int fd = SocketCalls.Connect(host.Address, origin.ConnectFrom(config));
        if (fd < 0)
        {
            transport?.Close(-1, whole: false);
            OnFailed("immediate connect error: " + LibC.ErrorText(-fd));
            return;
        }
        config.Keepalive?.Apply(fd);
        worker.Loop.ArmTimer(this, config.ConnectTimeoutMilliseconds);
        End.OpenConnecting(fd, transport);
    }

    private void OnFailed(string reason)
    {
        TcpEnd failed = End!;
        session.TransportFailure = reason;
        session.Host!.Outlier?.OnFailure(timedOut: reason == ConnectTimeout);
        if (failed.TransportFailure is { } failure)
        {
            _cluster.State.TlsStats?.CountFailed(worker.Index, failure);
        }
        _hostCounts!.CxConnectFail++;
        _cluster.Stats.Add(ClusterStat.UpstreamCxConnectFail);
        Close();
        if (session.Attempts < session.Config.MaxConnectAttempts)
        {
            StartAttempt();
            return;
        }
        _cluster.Stats.Add(ClusterStat.UpstreamCxConnectAttemptsExceeded);
        session.OnUpstreamFailed(ResponseFlags.UF | ResponseFlags.URX);
    }

    private void Uncount()
    {
        _hostCounts!.CxActive--;
        _cluster.Default.Connections--;
        _cluster.Stats.Add(ClusterStat.UpstreamCxActive, -1);
        _cluster.Stats.Add(ClusterStat.UpstreamCxDestroy);
    }
}
