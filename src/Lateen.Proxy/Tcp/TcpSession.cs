using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Tcp;

/// <summary>A TCP connection passed through to a host: bytes both ways, half-close, idle time-out, one line in the log.</summary>
/// <remarks>
/// A session may be begun ahead, while the client's connection is still being inspected: the upstream is called, and what its server says first,
/// or what the inspection finds, either makes the session whole (<see cref="Join"/>) or lets go of it (<see cref="Abandon"/>), which leaves no trace
/// beyond the cluster's own counts.
/// </remarks>
internal sealed class TcpSession : StreamInfo, ISideCallOwner
{
    private const string ConnectTimeout = "connection timeout";

    private readonly ProxyWorker _worker;
    private readonly TcpProxyConfig _config;
    private readonly DownstreamConnection _connection;
    private readonly StatBlock _stats;
    private readonly SessionTimer _timer;
    private readonly TcpMeshReport? _meshReport;
    private readonly TcpEnd _downstream;
    private TcpEnd? _upstream;
    private ClusterConfig? _clusterConfig;
    private ClusterWorker? _clusterWorker;
    private HostCounts? _hostCounts;
    private long _activeAt;
    private SideCall? _authorization;
    private bool _isAuthorized;
    private ISessionAhead? _ahead;
    private bool _over;

    public TcpSession(ProxyWorker worker, DownstreamConnection connection, TcpProxyConfig config)
    {
        (_worker, _connection, _config) = (worker, connection, config);
        _stats = config.Stats.For(worker.Index);
        _timer = new SessionTimer(this);
        _meshReport = config.MeshStats is { } meshStats ? new TcpMeshReport(this, meshStats, worker) : null;
        _downstream = new TcpEnd(this, worker.Loop, isDownstream: true);
        ResetInfo();
        (Start, StartWall) = (connection.AcceptedAt, connection.AcceptedWall);
        (DownstreamLocal, DownstreamRemote, DownstreamDirect) = (connection.Local, connection.Remote, connection.Direct);
        (ConnectionId, ServerName, FilterChainName) = (connection.Id, connection.ServerName, connection.ChainName);
        DownstreamTls = connection.Tls;
    }

    public TcpProxyConfig Config => _config;

    /// <summary>The client's side is not here yet.</summary>
    internal bool IsAhead => _ahead is not null;

    /// <summary>Begins: the upstream is called at once, without waiting for a byte of the client, so that a server may speak first.</summary>
    public void Begin(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        Take(fd, transport, first);
        if (Denial() is { } details)
        {
            // Envoy, network RBAC: the connection is closed without a word.
            TerminationDetails = details;
            Close();
            return;
        }
        // The answer may be there at once; then the call is over already.
        if (_config.Authorization?.Ask(_worker, _connection, this) is { } call)
        {
            _authorization = _isAuthorized || _over ? null : call;
            return;
        }
        Connect();
    }

    /// <summary>The authorization service has answered, or could not be asked.</summary>
    public void OnSideCallOver(SideCall call)
    {
        _authorization = null;
        if (!_config.Authorization!.Allows(_worker, call))
        {
            Flags |= ResponseFlags.UAEX;
            Details = "ext_authz_denied";
            Close();
            return;
        }
        _isAuthorized = true;
        Connect();
    }

    /// <summary>Calls the upstream while the client's protocol is not known yet; false where access rules forbid it, somebody has to be asked, or it is reached by a tunnel.</summary>
    public bool TryBeginAhead(ISessionAhead owner)
    {
        if (_config.Authorization is not null || _config.Tunnel is not null)
        {
            return false;
        }
        foreach (Filters.Rbac.RbacGuard guard in _config.Guards)
        {
            if (!guard.WouldAllow(Facts()))
            {
                return false;
            }
        }
        _ahead = owner;
        _activeAt = _worker.Loop.Now;
        Connect();
        return true;
    }

    /// <summary>The client's side of a session that was begun ahead: it is one like any other from here on.</summary>
    public void Join(int fd, ReadOnlySpan<byte> first)
    {
        _ahead = null;
        Take(fd, null, first);
        if (Denial() is { } details)
        {
            TerminationDetails = details;
            Close();
        }
        else if (_upstream is { IsConnecting: false } upstream)
        {
            Settle();
            upstream.Forward();
        }
    }

    /// <summary>Gives up a session that was begun ahead; its owner is not told.</summary>
    public void Abandon()
    {
        _ahead = null;
        _over = true;
        _worker.Loop.Timers.Cancel(_timer);
        CloseUpstream();
    }

    /// <summary>The upstream of a session that was begun ahead has spoken, or has closed.</summary>
    internal void OnServerFirst() => _ahead?.OnServerFirst();

    internal void OnConnected(int error)
    {
        _worker.Loop.Timers.Cancel(_timer);
        if (error != 0)
        {
            OnConnectFailed(_upstream!.TransportFailure ?? $"delayed connect error: {error}");
            return;
        }
        Host!.Outlier?.OnConnected();
        UpstreamLocal = SocketCalls.LocalAddress(_upstream!.Fd);
        if (_upstream.Transport is TlsTransport { Details: { } details } tls)
        {
            (UpstreamTls, UpstreamLocalCertificate) = (details, tls.LocalCertificate);
            _clusterWorker!.State.TlsStats?.CountDone(_worker.Index, details);
        }
        if (_clusterConfig!.PeerExchange is { } exchange)
        {
            _upstream.Greet(exchange);
        }
        _clusterWorker!.Stats.Record(0, _worker.Loop.Now - _activeAt);
        if (!IsAhead)
        {
            Settle();
        }
    }

    internal TcpEnd? PeerOf(TcpEnd end) => end == _downstream ? _upstream : _downstream;

    internal void OnBytes(TcpEnd from, int count)
    {
        _activeAt = _worker.Loop.Now;
        if (from == _downstream)
        {
            BodyBytesIn += count;
            LastDownstreamIn = _activeAt;
            _stats.Add(TcpStat.DownstreamCxRxBytesTotal, count);
            _clusterWorker?.Stats.Add(ClusterStat.UpstreamCxTxBytesTotal, count);
        }
        else
        {
            BodyBytesOut += count;
            _stats.Add(TcpStat.DownstreamCxTxBytesTotal, count);
            _clusterWorker?.Stats.Add(ClusterStat.UpstreamCxRxBytesTotal, count);
        }
    }

    /// <summary>A side has said who it is; empty: it has not, and will not.</summary>
    internal void OnHello(TcpEnd from, ReadOnlySpan<byte> payload)
    {
        Workload? peer = payload.IsEmpty ? null : _worker.Telemetry.PeerOfHello(payload);
        if (from == _downstream)
        {
            DownstreamPeer = peer;
        }
        else if (!ReferenceEquals(peer, Workload.Unknown))
        {
            // Who could not be read is who the endpoint's metadata says.
            UpstreamPeer = peer;
        }
        if (!IsAhead && _upstream is { IsConnecting: false })
        {
            _meshReport?.Report();
        }
    }

    /// <summary>The client, or the host, is still to say who it is.</summary>
    internal bool AwaitsHello(bool ofClient) => (ofClient ? _downstream : _upstream) is { AwaitsHello: true };

    /// <summary>A side has sent its last byte, or broke.</summary>
    internal void OnEnded(TcpEnd end)
    {
        if (EndedBy == StreamEnd.None)
        {
            EndedBy = end == _downstream ? StreamEnd.Downstream : StreamEnd.Upstream;
            IdleBeforeEnd = _worker.Loop.Now - _activeAt;
        }
    }

    /// <summary>Ends both sides and writes the log.</summary>
    internal void Close()
    {
        if (_over)
        {
            return;
        }
        if (_ahead is { } owner)
        {
            Abandon();
            owner.OnAheadFailed();
            return;
        }
        _over = true;
        if (EndedBy == StreamEnd.None)
        {
            (EndedBy, IdleBeforeEnd) = (StreamEnd.Proxy, _worker.Loop.Now - _activeAt);
        }
        _worker.Loop.Timers.Cancel(_timer);
        _authorization?.Cancel();
        _downstream.CloseSocket();
        CloseUpstream();
        End = _worker.Loop.Now;
        if (Flags != ResponseFlags.None)
        {
            _worker.Failures.Add(this, _worker);
        }
        _meshReport?.Finish();
        foreach (AccessLogConfig log in _config.AccessLogs)
        {
            _worker.Log.Write(log, this, _worker);
        }
        _connection.Listener.OnConnectionClosed(_worker, _connection);
    }

    private void Take(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        _stats.Add(TcpStat.DownstreamCxTotal);
        _activeAt = _worker.Loop.Now;
        _downstream.Open(fd, transport);
        if (_config is { PeerExchange: { } exchange, Tunnel: null })
        {
            _downstream.Greet(exchange);
        }
        if (!first.IsEmpty)
        {
            _downstream.Keep(first);
        }
    }

    // Both sides are there.
    private void Settle()
    {
        ArmIdle();
        _meshReport?.Report();
        _downstream.Forward();
    }

    private void CloseUpstream()
    {
        if (_upstream is { } upstream)
        {
            _upstream = null;
            upstream.CloseSocket();
            UncountConnection();
        }
    }

    private string? Denial()
    {
        foreach (Filters.Rbac.RbacGuard guard in _config.Guards)
        {
            if (guard.Judge(Facts(), _connection, _worker.Index) is { } details)
            {
                return details;
            }
        }
        return null;
    }

    private Filters.Rbac.RbacFacts Facts() => new()
    {
        IsRequest = false,
        Destination = DownstreamLocal,
        Direct = DownstreamDirect,
        Remote = DownstreamRemote,
        ServerName = ServerName ?? "",
        PeerPrincipal = _connection.PeerPrincipal,
        Metadata = _connection.Metadata,
    };

    private void Connect()
    {
        ClusterState cluster = _config.Draw(_worker.Random);
        _clusterConfig = cluster.Config;
        if (_clusterConfig is null)
        {
            _stats.Add(TcpStat.DownstreamCxNoRoute);
            Flags |= ResponseFlags.NC;
            Details = "cluster_not_found";
            Close();
            return;
        }
        Cluster = cluster;
        if (_config.Tunnel is not null)
        {
            // From here on the tunnel has the connection: its end, its log, its counts.
            _over = true;
            (int fd, StreamTransport? transport, byte[] first) = _downstream.HandOver();
            new TcpTunnel(_worker, _config, _connection).Begin(fd, transport, first, cluster, this);
            return;
        }
        _clusterWorker = ClusterWorker.For(_worker, cluster);
        if (_clusterWorker.Default.Exceeds(_clusterConfig.Default.MaxConnections, static c => c.Connections))
        {
            _clusterWorker.Stats.Add(ClusterStat.UpstreamCxOverflow);
            Flags |= ResponseFlags.UO;
            Close();
            return;
        }
        StartAttempt();
    }

    private void StartAttempt()
    {
        Host? host = _clusterWorker!.Pick(_clusterConfig!, new PickContext { OriginalDestination = DownstreamLocal });
        if (host is null)
        {
            _clusterWorker.Stats.Add(ClusterStat.UpstreamCxNoneHealthy);
            Flags |= ResponseFlags.UH;
            Close();
            return;
        }
        Host = host;
        Attempts++;
        _hostCounts = host.For(_worker.Index);
        _hostCounts.CxTotal++;
        _hostCounts.CxActive++;
        _clusterWorker.Default.Connections++;
        _clusterWorker.Stats.Add(ClusterStat.UpstreamCxTotal);
        _clusterWorker.Stats.Add(ClusterStat.UpstreamCxActive);
        _upstream = new TcpEnd(this, _worker.Loop, isDownstream: false);
        UpstreamOrigin origin = UpstreamOrigin.Of(_connection, _clusterConfig!, host);
        string? problem = null;
        StreamTransport? transport = _clusterConfig!.TransportOf(host.Config)?.Open(
            _worker, origin, null, null, exchangesPeers: _clusterConfig.PeerExchange is not null, out problem);
        if (problem is not null)
        {
            OnConnectFailed(problem);
            return;
        }
        int fd = SocketCalls.Connect(host.Address, origin.ConnectFrom(_clusterConfig));
        if (fd < 0)
        {
            transport?.Close(-1, whole: false);
            OnConnectFailed("immediate connect error: " + LibC.ErrorText(-fd));
            return;
        }
        _clusterConfig.Keepalive?.Apply(fd);
        _worker.Loop.ArmTimer(_timer, _clusterConfig.ConnectTimeoutMilliseconds);
        _upstream.OpenConnecting(fd, transport);
    }

    private void OnConnectFailed(string reason)
    {
        TransportFailure = reason;
        Host!.Outlier?.OnFailure(timedOut: reason == ConnectTimeout);
        if (_upstream?.TransportFailure is { } failure)
        {
            _clusterWorker!.State.TlsStats?.CountFailed(_worker.Index, failure);
        }
        _hostCounts!.CxConnectFail++;
        _clusterWorker!.Stats.Add(ClusterStat.UpstreamCxConnectFail);
        UncountConnection();
        TcpEnd failed = _upstream!;
        _upstream = null;
        failed.CloseSocket();
        if (Attempts < _config.MaxConnectAttempts)
        {
            StartAttempt();
            return;
        }
        _clusterWorker.Stats.Add(ClusterStat.UpstreamCxConnectAttemptsExceeded);
        Flags |= ResponseFlags.UF | ResponseFlags.URX;
        Close();
    }

    private void UncountConnection()
    {
        _hostCounts!.CxActive--;
        _clusterWorker!.Default.Connections--;
        _clusterWorker.Stats.Add(ClusterStat.UpstreamCxActive, -1);
        _clusterWorker.Stats.Add(ClusterStat.UpstreamCxDestroy);
    }

    private void OnTimer()
    {
        if (_upstream is { IsConnecting: true })
        {
            _clusterWorker!.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
            OnConnectFailed(ConnectTimeout);
            return;
        }
        if (_worker.Loop.Now - _activeAt >= _config.IdleTimeoutMilliseconds)
        {
            _stats.Add(TcpStat.IdleTimeout);
            Close();
            return;
        }
        ArmIdle();
    }

    private void ArmIdle()
    {
        if (_config.IdleTimeoutMilliseconds > 0)
        {
            _worker.Loop.ArmTimer(_timer, _activeAt + _config.IdleTimeoutMilliseconds - _worker.Loop.Now);
        }
    }

    private sealed class SessionTimer(TcpSession owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimer();
    }
}
