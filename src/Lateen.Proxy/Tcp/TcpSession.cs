using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Filters.Rbac;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Listeners;
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
    private readonly ProxyWorker _worker;
    private readonly TcpProxyConfig _config;
    private readonly DownstreamConnection _connection;
    private readonly StatBlock _stats;
    private readonly SessionTimer _timer;
    private readonly TcpMeshReport? _meshReport;
    private readonly TcpEnd _downstream;
    private TcpUpstream? _upstream;
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

    public override StreamMetadata? Metadata => _connection.Metadata;

    /// <summary>The client's side is not here yet.</summary>
    internal bool IsAhead => _ahead is not null;

    /// <summary>Begins: the upstream is called at once, without waiting for a byte of the client, so that a server may speak first.</summary>
    public void Begin(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        Take(fd, transport, first);
        if (IsDenied())
        {
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

    /// <summary>Calls the upstream while the client's protocol is not known yet; false where that may not be (<see cref="TcpProxyConfig.MayBeginAhead"/>).</summary>
    public bool TryBeginAhead(ISessionAhead owner)
    {
        if (!_config.MayBeginAhead(RbacFacts.Of(_connection)))
        {
            return false;
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
        // What the inspection has found since the session was begun.
        ServerName = _connection.ServerName;
        Take(fd, null, first);
        if (!IsDenied() && _upstream is { End: { IsConnecting: false } upstream })
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
        _upstream?.Close();
    }

    /// <summary>The upstream of a session that was begun ahead has spoken, or has closed.</summary>
    internal void OnServerFirst() => _ahead?.OnServerFirst();

    internal void OnAttempt(Host host)
    {
        Host = host;
        Attempts++;
    }

    /// <summary>The connect of the upstream's end has ended.</summary>
    internal void OnConnected(int error) => _upstream!.OnConnected(error);

    internal void OnUpstreamConnected(IpEndpoint local, TlsTransport? tls)
    {
        UpstreamLocal = local;
        if (tls?.Details is { } details)
        {
            (UpstreamTls, UpstreamLocalCertificate) = (details, tls.LocalCertificate);
        }
        if (!IsAhead)
        {
            Settle();
        }
    }

    /// <summary>No host can be had.</summary>
    internal void OnUpstreamFailed(ResponseFlags flags)
    {
        Flags |= flags;
        Close();
    }

    internal TcpEnd? PeerOf(TcpEnd end) => end == _downstream ? _upstream?.End : _downstream;

    internal void OnBytes(TcpEnd from, int count)
    {
        _activeAt = _worker.Loop.Now;
        if (from == _downstream)
        {
            BodyBytesIn += count;
            LastDownstreamIn = _activeAt;
            _stats.Add(TcpStat.DownstreamCxRxBytesTotal, count);
            _upstream?.CountSent(count);
        }
        else
        {
            BodyBytesOut += count;
            _stats.Add(TcpStat.DownstreamCxTxBytesTotal, count);
            _upstream?.CountReceived(count);
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
        if (!IsAhead && _upstream is { End.IsConnecting: false })
        {
            _meshReport?.Report();
        }
    }

    /// <summary>The client, or the host, is still to say who it is.</summary>
    internal bool AwaitsHello(bool ofClient) => (ofClient ? _downstream : _upstream?.End) is { AwaitsHello: true };

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
        _upstream?.Close();
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
        ArmLimits();
        _meshReport?.Report();
        _downstream.Forward();
    }

    // Envoy, network RBAC: the connection is closed without a word.
    private bool IsDenied()
    {
        TerminationDetails = _config.Denial(RbacFacts.Of(_connection), _connection, _worker.Index);
        if (TerminationDetails is null)
        {
            return false;
        }
        Close();
        return true;
    }

    private void Connect()
    {
        ClusterState cluster = _config.Draw(_worker.Random);
        if (cluster.Config is not { } clusterConfig)
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
        _upstream = new TcpUpstream(this, _worker, _connection, clusterConfig);
        _upstream.Begin();
    }

    private void OnTimer()
    {
        if (_worker.Loop.Now >= LastMoment)
        {
            _stats.Add(TcpStat.MaxDownstreamConnectionDuration);
            Flags |= ResponseFlags.DT;
            Close();
            return;
        }
        if (_worker.Loop.Now >= IdleUntil)
        {
            _stats.Add(TcpStat.IdleTimeout);
            Close();
            return;
        }
        ArmLimits();
    }

    private long LastMoment => _config.MaximumDurationMilliseconds > 0 ? _connection.AcceptedAt + _config.MaximumDurationMilliseconds : long.MaxValue;

    private long IdleUntil => _config.IdleTimeoutMilliseconds > 0 ? _activeAt + _config.IdleTimeoutMilliseconds : long.MaxValue;

    private void ArmLimits()
    {
        long next = Math.Min(LastMoment, IdleUntil);
        if (next != long.MaxValue)
        {
            _worker.Loop.ArmTimer(_timer, Math.Max(next - _worker.Loop.Now, 1));
        }
    }

    private sealed class SessionTimer(TcpSession owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimer();
    }
}
