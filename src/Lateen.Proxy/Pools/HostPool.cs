using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Pools;

/// <summary>One thread's HTTP/1 connections to one host: idle ones are used again, last in first out; requests queue while one connects.</summary>
internal sealed class HostPool(ProxyWorker worker, ClusterWorker cluster, ClusterConfig config, Host host)
{
    private Http1Upstream? _idle;
    private HttpExchange? _firstPending;
    private HttpExchange? _lastPending;
    private int _pending;
    private int _connecting;
    private int _open;
    private bool _draining;

    public ClusterWorker Cluster => cluster;

    public ClusterConfig Config => config;

    public Host Host => host;

    public HostCounts Counts { get; } = host.For(worker.Index);

    public bool IsUnused => _open == 0 && _pending == 0;

    /// <summary>Finds the exchange a connection: at once, or later by <see cref="HttpExchange.OnUpstreamReady"/> or an upstream failure.</summary>
    public void Acquire(HttpExchange exchange)
    {
        if (_idle is { } ready)
        {
            Unlink(ready);
            if (!TryCountRequest(exchange))
            {
                Link(ready);
                return;
            }
            ready.Begin(exchange);
            return;
        }
        if (cluster.Exceeds(config.Default.MaxPendingRequests, static c => c.PendingRequests))
        {
            cluster.Stats.Add(ClusterStat.UpstreamRqPendingOverflow);
            exchange.OnUpstreamFailed(UpstreamFailure.Overflow, null);
            return;
        }
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingTotal);
        Enqueue(exchange);
        // A host without any connection always gets one, whatever the limit (Envoy, "Circuit breaking").
        if (_open > 0 && cluster.Exceeds(config.Default.MaxConnections, static c => c.Connections))
        {
            cluster.Stats.Add(ClusterStat.UpstreamCxOverflow);
            return;
        }
        if (_connecting < _pending)
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

    /// <summary>Takes no new requests; idle connections close now, the others after their request. Waiting requests are sent elsewhere.</summary>
    public void Drain()
    {
        _draining = true;
        if (host.Pools[worker.Index] == this)
        {
            host.Pools[worker.Index] = null;
        }
        while (_idle is { } connection)
        {
            connection.CloseSocket();
        }
    }

    internal void OnConnected(Http1Upstream connection)
    {
        _connecting--;
        Offer(connection);
    }

    internal void OnConnectFailed(UpstreamFailure failure, string? transport)
    {
        _connecting--;
        Counts.CxConnectFail++;
        cluster.Stats.Add(ClusterStat.UpstreamCxConnectFail);
        // As many requests as there are no connections under way for any more; at least the one that waited longest.
        for (int excess = Math.Max(_pending - _connecting, 1); excess > 0 && _firstPending is { } x; excess--)
        {
            Dequeue(null, x);
            cluster.Stats.Add(ClusterStat.UpstreamRqPendingFailureEject);
            x.OnUpstreamFailed(failure, transport);
        }
    }

    /// <summary>A connection has finished its exchange and can serve another.</summary>
    internal void Release(Http1Upstream connection)
    {
        if (_draining || (config.MaxRequestsPerConnection != 0 && connection.Served >= config.MaxRequestsPerConnection))
        {
            if (!_draining)
            {
                cluster.Stats.Add(ClusterStat.UpstreamCxMaxRequests);
            }
            connection.CloseSocket();
            return;
        }
        Offer(connection);
    }

    internal void OnOpened()
    {
        _open++;
        cluster.Connections++;
        Counts.CxActive++;
        Counts.CxTotal++;
        cluster.Stats.Add(ClusterStat.UpstreamCxActive);
        cluster.Stats.Add(ClusterStat.UpstreamCxTotal);
        cluster.Stats.Add(ClusterStat.UpstreamCxHttp1Total);
    }

    internal void OnClosed(Http1Upstream connection)
    {
        if (connection.IsIdle)
        {
            Unlink(connection);
        }
        _open--;
        cluster.Connections--;
        Counts.CxActive--;
        StatBlock stats = cluster.Stats;
        stats.Add(ClusterStat.UpstreamCxActive, -1);
        stats.Add(ClusterStat.UpstreamCxDestroy);
        stats.Add(ClusterStat.UpstreamCxRxBytesTotal, connection.BytesIn);
        stats.Add(ClusterStat.UpstreamCxTxBytesTotal, connection.BytesOut);
        // A slot is free: somebody may have been held back by max_connections.
        if (_pending > _connecting)
        {
            Connect();
        }
    }

    private void Offer(Http1Upstream connection)
    {
        while (_firstPending is { } x)
        {
            Dequeue(null, x);
            if (TryCountRequest(x))
            {
                connection.Begin(x);
                return;
            }
        }
        Link(connection);
    }

    private bool TryCountRequest(HttpExchange exchange)
    {
        if (!cluster.Exceeds(config.Default.MaxRequests, static c => c.ActiveRequests))
        {
            return true;
        }
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingOverflow);
        exchange.OnUpstreamFailed(UpstreamFailure.Overflow, null);
        return false;
    }

    private void Connect()
    {
        if (config.NeedsTls)
        {
            _connecting++;
            OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, "TLS error: transport socket not available");
            return;
        }
        IpEndpoint address = host.Address;
        int fd = SocketCalls.Connect(address, config.SourceAddress);
        _connecting++;
        if (fd < 0)
        {
            if (config.SourceAddress.IsValid)
            {
                cluster.Stats.Add(ClusterStat.BindErrors);
            }
            OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, "immediate connect error: " + LibC.ErrorText(-fd));
            return;
        }
        new Http1Upstream(worker, this).Start(fd);
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
        cluster.PendingRequests++;
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
        cluster.PendingRequests--;
        cluster.Stats.Add(ClusterStat.UpstreamRqPendingActive, -1);
    }

    private void Link(Http1Upstream connection)
    {
        connection.IsIdle = true;
        connection.Previous = null;
        connection.Next = _idle;
        if (_idle is not null)
        {
            _idle.Previous = connection;
        }
        _idle = connection;
    }

    private void Unlink(Http1Upstream connection)
    {
        connection.IsIdle = false;
        if (connection.Previous is { } previous)
        {
            previous.Next = connection.Next;
        }
        else
        {
            _idle = connection.Next;
        }
        if (connection.Next is { } next)
        {
            next.Previous = connection.Previous;
        }
        connection.Next = connection.Previous = null;
    }
}
