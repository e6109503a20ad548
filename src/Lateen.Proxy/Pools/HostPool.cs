using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Pools;

/// <summary>One thread's connections of one HTTP version to one host; requests queue while one connects. What a connection can carry is the subclass's matter.</summary>
/// <remarks>Envoy's rules (conn_pool_base): envoy-behaviour 6. A pool belongs to one worker and is never touched by another.</remarks>
internal abstract class HostPool(ProxyWorker worker, ClusterWorker cluster, ClusterConfig config, Host host, PoolKey key)
{
    private readonly BreakerCounts _breaker = cluster.Counts(key.IsHighPriority);
    private readonly Thresholds _limits = key.IsHighPriority ? config.High : config.Default;
    private HttpExchange? _firstPending;
    private HttpExchange? _lastPending;
    private int _pending;
    private int _connecting;
    private int _open;
    private TlsSessionCache? _sessions;

    public ClusterWorker Cluster => cluster;

    public ClusterConfig Config => config;

    public Host Host => host;

    public PoolKey Key => key;

    public HostCounts Counts { get; } = host.For(worker.Index);

    public abstract HttpProtocol Protocol { get; }

    protected ProxyWorker Worker => worker;

    protected bool IsDraining { get; private set; }

    protected bool HasPending => _pending > 0;

    /// <summary>A connection can take a request at once.</summary>
    protected abstract bool HasReady { get; }

    public bool IsUnused => _open == 0 && _pending == 0;

    /// <summary>Finds the exchange a connection: at once, or later by <see cref="HttpExchange.OnUpstreamReady"/> or an upstream failure.</summary>
    public void Acquire(HttpExchange exchange)
    {
        if (HasReady)
        {
            if (TryCountRequest(exchange))
            {
                BeginOnReady(exchange);
            }
            return;
        }
        if (_breaker.Exceeds(_limits.MaxPendingRequests, static c => c.PendingRequests))
        {
            cluster.Stats.Add(ClusterStat.UpstreamRqPendingOverflow);
            exchange.OnUpstreamFailed(UpstreamFailure.Overflow, null);
            ForgetIfUnused();
            return;
        }
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingTotal);
        Enqueue(exchange);
        // A host without any connection always gets one, whatever the limit (Envoy, "Circuit breaking").
        if (_open > 0 && _breaker.Exceeds(_limits.MaxConnections, static c => c.Connections))
        {
            cluster.Stats.Add(ClusterStat.UpstreamCxOverflow);
            return;
        }
        if (_connecting < ConnectionsFor(_pending))
        {
            Connect();
        }
    }

    /// <summary>The exchange no longer wants a connection.</summary>
    public void Cancel(HttpExchange exchange)
    {
        HttpExchange? previous = null;
        for (HttpExchange? x = _firstPending; x is not null; previous = x, x = x.NextPending)
        {
            if (x == exchange)
            {
                Dequeue(previous, x);
                cluster.Stats.Add(ClusterStat.UpstreamRqCancelled);
                return;
            }
        }
    }

    /// <summary>Takes no new requests; idle connections close now, the others after their requests.</summary>
    public void Drain()
    {
        IsDraining = true;
        _sessions?.Clear();
        host.Forget(this, worker.Index);
        CloseIdle();
    }

    /// <summary>A connection under way is there now; the subclass offers it to the waiting.</summary>
    protected void CountConnected(StreamTransport? transport = null)
    {
        _connecting--;
        if (transport is TlsTransport { Details: { } details })
        {
            cluster.State.TlsStats?.CountDone(worker.Index, details);
        }
    }

    internal void OnConnectFailed(UpstreamFailure failure, string? transport)
    {
        _connecting--;
        Counts.CxConnectFail++;
        if (transport?.StartsWith("TLS", StringComparison.Ordinal) == true)
        {
            cluster.State.TlsStats?.CountFailed(worker.Index, transport);
        }
        cluster.Stats.Add(ClusterStat.UpstreamCxConnectFail);
        // As many requests as there are no connections under way for any more; at least the one that waited longest.
        for (int excess = Math.Max(_pending - _connecting, 1); excess > 0 && _firstPending is { } x; excess--)
        {
            Dequeue(null, x);
            cluster.Stats.Add(ClusterStat.UpstreamRqPendingFailureEject);
            x.OnUpstreamFailed(failure, transport);
        }
        ForgetIfUnused();
    }

    internal void OnOpened()
    {
        _open++;
        _breaker.Connections++;
        Counts.CxActive++;
        Counts.CxTotal++;
        cluster.Stats.Add(ClusterStat.UpstreamCxActive);
        cluster.Stats.Add(ClusterStat.UpstreamCxTotal);
        cluster.Stats.Add(Protocol == HttpProtocol.Http2 ? ClusterStat.UpstreamCxHttp2Total : ClusterStat.UpstreamCxHttp1Total);
    }

    /// <summary>Books a closed connection out; the subclass has taken it from its lists.</summary>
    protected void CountClosed(StreamSocket connection)
    {
        _open--;
        if (IsDraining && _open == 0)
        {
            // libssl's memory, which the collector does not see: tickets that came after the drain began.
            _sessions?.Clear();
        }
        _breaker.Connections--;
        Counts.CxActive--;
        StatBlock stats = cluster.Stats;
        stats.Add(ClusterStat.UpstreamCxActive, -1);
        stats.Add(ClusterStat.UpstreamCxDestroy);
        stats.Add(ClusterStat.UpstreamCxRxBytesTotal, connection.BytesIn);
        stats.Add(ClusterStat.UpstreamCxTxBytesTotal, connection.BytesOut);
        // A slot is free: somebody may have been held back by max_connections.
        ConnectForPending();
        ForgetIfUnused();
    }

    /// <summary>Opens a connection if more requests wait than those under way will carry.</summary>
    protected void ConnectForPending()
    {
        if (_pending > 0 && _connecting < ConnectionsFor(_pending))
        {
            Connect();
        }
    }

    /// <summary>The request that has waited longest and may go out; null if there is none.</summary>
    protected HttpExchange? NextPending()
    {
        while (_firstPending is { } x)
        {
            Dequeue(null, x);
            if (TryCountRequest(x))
            {
                return x;
            }
        }
        return null;
    }

    private bool TryCountRequest(HttpExchange exchange)
    {
        if (!_breaker.Exceeds(_limits.MaxRequests, static c => c.ActiveRequests))
        {
            return true;
        }
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingOverflow);
        exchange.OnUpstreamFailed(UpstreamFailure.Overflow, null);
        return false;
    }

    protected abstract void BeginOnReady(HttpExchange exchange);

    /// <summary>How many connections under way so many waiting requests are worth.</summary>
    protected abstract int ConnectionsFor(int pending);

    /// <summary>Takes over a descriptor whose connect is in progress.</summary>
    protected abstract void Open(int fd, StreamTransport? transport);

    protected abstract void CloseIdle();

    private void Connect()
    {
        StreamTransport? transport = null;
        if (config.TransportOf(host.Config) is { } socket)
        {
            _sessions ??= socket.Tls is null ? null : new TlsSessionCache();
            transport = socket.Open(worker, key.Origin, _sessions, _firstPending?.Manager.ProtocolsTo(Protocol), exchangesPeers: false, out string? problem);
            if (problem is not null)
            {
                _connecting++;
                OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, problem);
                return;
            }
        }
        IpEndpoint address = host.Address;
        int fd = SocketCalls.Connect(address, key.Origin.ConnectFrom(config));
        _connecting++;
        if (fd < 0)
        {
            transport?.Close(-1, whole: false);
            if (config.SourceAddress.IsValid || key.Origin.From.IsValid)
            {
                cluster.Stats.Add(ClusterStat.BindErrors);
            }
            OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, "immediate connect error: " + LibC.ErrorText(-fd));
            return;
        }
        config.Keepalive?.Apply(fd);
        Open(fd, transport);
    }

    // A pool that few can use is not kept for its own sake: there may be one for every client that ever came.
    private void ForgetIfUnused()
    {
        if (!key.IsPlain && IsUnused)
        {
            host.Forget(this, worker.Index);
        }
    }

    private void Enqueue(HttpExchange exchange)
    {
        exchange.NextPending = null;
        if (_lastPending is null)
        {
            _firstPending = exchange;
        }
        else
        {
            _lastPending.NextPending = exchange;
        }
        _lastPending = exchange;
        _pending++;
        _breaker.PendingRequests++;
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingActive);
        exchange.WaitingIn = this;
    }

    private void Dequeue(HttpExchange? previous, HttpExchange exchange)
    {
        if (previous is null)
        {
            _firstPending = exchange.NextPending;
        }
        else
        {
            previous.NextPending = exchange.NextPending;
        }
        if (_lastPending == exchange)
        {
            _lastPending = previous;
        }
        exchange.NextPending = null;
        exchange.WaitingIn = null;
        _pending--;
        _breaker.PendingRequests--;
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingActive, -1);
    }
}
