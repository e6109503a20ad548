using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Http;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Tcp;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Listeners;

/// <summary>A listener at work: its sockets (one per thread) and what is done with accepted connections.</summary>
/// <remarks>A new version of the configuration is taken by <see cref="Config"/>; the sockets and the connections stay.</remarks>
internal sealed class ListenerRuntime : IAcceptHandler
{
    private readonly ProxyWorker[] _workers;
    private readonly Func<ListenerTable> _table;
    private readonly ListenSocket?[] _sockets;
    private volatile ListenerConfig _config;

    public ListenerRuntime(ListenerConfig config, ProxyWorker[] workers, Func<ListenerTable> table, ICompileHost host)
    {
        (_config, _workers, _table) = (config, workers, table);
        _sockets = new ListenSocket?[workers.Length];
        string prefix = $"listener.{config.Address.ToString().Replace(':', '_')}.";
        Stats = new StatScope(prefix, StatNames.Listener, workers.Length);
        TlsStats = new TlsStats(host, prefix + "ssl.");
    }

    public ListenerConfig Config
    {
        get => _config;
        set => _config = value;
    }

    public string Name => _config.Name;

    public IpEndpoint Address => _config.Address;

    /// <summary>Where it listens, once open; a configured port 0 is resolved.</summary>
    public IpEndpoint BoundAddress { get; private set; }

    public StatScope Stats { get; }

    public TlsStats TlsStats { get; }

    /// <summary>What inspected connections have shown so far.</summary>
    public FirstSpeakers FirstSpeakers { get; } = new();

    /// <summary>Opens a socket per thread. Returns null, or why it cannot be.</summary>
    public string? Open()
    {
        ListenFlags flags = (_config.Transparent ? ListenFlags.Transparent : 0) | (_config.DualStack ? ListenFlags.DualStack : 0);
        IpEndpoint address = _config.Address;
        int[] fds = new int[_workers.Length];
        for (int i = 0; i < fds.Length; i++)
        {
            fds[i] = SocketCalls.Listen(address, flags);
            if (fds[i] < 0)
            {
                Array.ForEach(fds[..i], SocketCalls.Close);
                return $"cannot listen on {address}: {LibC.ErrorText(-fds[i])}";
            }
            address = SocketCalls.LocalAddress(fds[i]);
        }
        BoundAddress = address;
        for (int i = 0; i < fds.Length; i++)
        {
            ProxyWorker worker = _workers[i];
            ListenSocket socket = _sockets[i] = new ListenSocket(worker.Loop, this);
            int fd = fds[i];
            worker.Loop.Post(() => socket.Start(fd));
        }
        return null;
    }

    /// <summary>Stops to listen; connections stay.</summary>
    public void Stop()
    {
        for (int i = 0; i < _workers.Length; i++)
        {
            if (_sockets[i] is { } socket)
            {
                _workers[i].Loop.Post(socket.Stop);
                _sockets[i] = null;
            }
        }
    }

    public void OnAccepted(EventLoop loop, int fd, in IpEndpoint remote)
    {
        ProxyWorker worker = _workers[loop.Index];
        ListenerConfig config = _config;
        IpEndpoint local = SocketCalls.LocalAddress(fd);
        IpEndpoint original = default;
        ListenerRuntime owner = this;
        if (config.UsesOriginalDestination || config.RestoresDestination)
        {
            original = config.Transparent ? local : SocketCalls.OriginalDestination(fd, local.IsIpv6);
            if (original.IsValid)
            {
                local = original;
                if (config.UsesOriginalDestination)
                {
                    owner = _table().Find(original) ?? this;
                }
            }
        }
        owner.Take(worker, fd, remote, local, original);
    }

    /// <summary>A connection of this listener has ended.</summary>
    public void OnConnectionClosed(ProxyWorker worker, DownstreamConnection connection)
    {
        StatBlock stats = Stats.For(worker.Index);
        stats.Add(ListenerStat.DownstreamCxActive, -1);
        stats.Add(ListenerStat.DownstreamCxDestroy);
        stats.Record(0, worker.Loop.Now - connection.AcceptedAt);
        worker.ActiveConnections--;
        connection.Release(worker.Index);
    }

    /// <summary>The chain for what is known of a connection; null if there is none.</summary>
    internal FilterChain? ChainOf(in ChainFacts facts)
    {
        ListenerConfig config = _config;
        return ChainMatcher.Choose(config.Chains, facts) ?? config.DefaultChain;
    }

    /// <summary>
    /// The connection manager for a connection's next request: its own, or the one that has taken its place. So a policy holds from the request on
    /// that begins after it came, also on a connection that is older (Envoy: as long as that lives, the old one holds).
    /// </summary>
    internal HttpManager ManagerFor(DownstreamConnection connection, HttpManager own) =>
        own.IsRetired && ChainOf(connection.Facts) is { Http: { } http } chain && (chain.Tls is null) == (connection.Tls is null)
            ? http : own;

    /// <summary>Inspection is over, or was not needed: the chain is chosen and takes the descriptor.</summary>
    /// <param name="ahead">A session that was begun ahead: its chain's if the choice falls on that, else given up.</param>
    internal void Dispatch(
        ProxyWorker worker, int fd, DownstreamConnection connection, in ChainFacts facts, ReadOnlySpan<byte> first, TcpSession? ahead = null)
    {
        FilterChain? chain = ChainOf(facts);
        if (ahead is not null)
        {
            if (chain is { Tls: null } && ahead.Config == chain.Tcp)
            {
                (connection.ServerName, connection.Facts) = (facts.ServerName, facts);
                ahead.Join(fd, first);
                return;
            }
            ahead.Abandon();
        }
        if (chain is null or { Http: null, Tcp: null })
        {
            if (chain is null)
            {
                Stats.For(worker.Index).Add(ListenerStat.NoFilterChainMatch);
                LogRefused(worker, new RefusedConnection(connection, worker.Loop.Now, ResponseFlags.NR, "filter_chain_not_found"));
            }
            SocketCalls.Close(fd);
            OnConnectionClosed(worker, connection);
            return;
        }
        (connection.ChainName, connection.ServerName, connection.Facts) = (chain.Name, facts.ServerName, facts);
        if (chain.Limits.Length > 0 && Full(worker, connection, chain) is { } limit)
        {
            limit.Refuse(worker, fd, connection);
            return;
        }
        if (chain.Tls is not null)
        {
            ServerHandshake.Begin(worker, fd, connection, chain, first);
            return;
        }
        Serve(worker, fd, connection, chain, null, first);
    }

    /// <summary>The handshake failed and its descriptor is closed: the listener's access log says why.</summary>
    internal void OnHandshakeFailed(ProxyWorker worker, DownstreamConnection connection, string failure)
    {
        LogRefused(worker, new RefusedConnection(connection, worker.Loop.Now, ResponseFlags.None, null) { DownstreamTransportFailure = failure });
        OnConnectionClosed(worker, connection);
    }

    /// <summary>The chain's codec takes the connection, after the handshake if there was one.</summary>
    internal static void Serve(
        ProxyWorker worker, int fd, DownstreamConnection connection, FilterChain chain, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        if (chain.Http is { } http)
        {
            HttpCodec.Start(worker, fd, connection, http, transport, first);
        }
        else
        {
            new TcpSession(worker, connection, chain.Tcp!).Begin(fd, transport, first);
        }
    }

    private void Take(ProxyWorker worker, int fd, in IpEndpoint remote, in IpEndpoint local, in IpEndpoint original)
    {
        StatBlock stats = Stats.For(worker.Index);
        stats.Add(ListenerStat.DownstreamCxTotal);
        stats.Add(ListenerStat.DownstreamCxActive);
        worker.ActiveConnections++;
        DownstreamConnection connection = new()
        {
            Listener = this,
            Id = (worker.NextConnectionId++ * _workers.Length) + worker.Index,
            AcceptedAt = worker.Loop.Now,
            AcceptedWall = worker.Loop.WallNow,
            Direct = remote,
            Remote = remote,
            Local = local,
            OriginalDestination = original,
            OriginalSource = _config.OriginalSource,
        };
        ListenerConfig config = _config;
        ChainFacts facts = new(local, remote, remote);
        (bool tls, bool http) = Inspectors(config, facts);
        if (tls || http || config.ProxyProtocol is not null)
        {
            new Inspection(worker, this, connection, facts, config) { LooksForTls = tls, LooksForHttp = http }.Begin(fd);
            return;
        }
        Dispatch(worker, fd, connection, facts, []);
    }

    /// <summary>What has to be read of the client before the chain can be chosen.</summary>
    /// <remarks>A server that speaks first must not wait for a client that will not: nothing is read unless the choice of the chain needs it.</remarks>
    internal static (bool Tls, bool Http) Inspectors(ListenerConfig config, in ChainFacts facts) =>
        (config.InspectsTls || config.InspectsHttp) && ChainMatcher.NeedsInspection(config.Chains, facts)
            ? (config.InspectsTls && !IsDisabled(config.TlsDisabledPorts, facts.Destination.Port),
                config.InspectsHttp && !IsDisabled(config.HttpDisabledPorts, facts.Destination.Port))
            : (false, false);

    // Counts the connection against every limit, or against none and returns the one that is reached.
    private static ConnectionLimit? Full(ProxyWorker worker, DownstreamConnection connection, FilterChain chain)
    {
        for (int i = 0; i < chain.Limits.Length; i++)
        {
            if (!chain.Limits[i].TryEnter(worker.Index))
            {
                Array.ForEach(chain.Limits[..i], limit => limit.Leave(worker.Index));
                return chain.Limits[i];
            }
        }
        connection.Limits = chain.Limits;
        return null;
    }

    private void LogRefused(ProxyWorker worker, RefusedConnection refused)
    {
        foreach (AccessLogConfig log in _config.AccessLogs)
        {
            worker.Log.Write(log, refused, worker);
        }
    }

    private static bool IsDisabled((int Start, int End)[] ranges, int port)
    {
        foreach ((int start, int end) in ranges)
        {
            if (port >= start && port < end)
            {
                return true;
            }
        }
        return false;
    }

    private sealed class RefusedConnection : StreamInfo
    {
        public RefusedConnection(DownstreamConnection connection, long now, ResponseFlags flags, string? details)
        {
            ResetInfo();
            (Start, StartWall, End) = (connection.AcceptedAt, connection.AcceptedWall, now);
            (DownstreamLocal, DownstreamRemote, DownstreamDirect) = (connection.Local, connection.Remote, connection.Direct);
            (Flags, Details, ConnectionId, ServerName) = (flags, details, connection.Id, connection.ServerName);
        }
    }
}
