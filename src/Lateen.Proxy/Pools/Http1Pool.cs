using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Pools;

/// <summary>HTTP/1 connections: one request at a time each; idle ones are used again, last in first out.</summary>
internal sealed class Http1Pool(ProxyWorker worker, ClusterWorker cluster, ClusterConfig config, Host host, PoolKey key)
    : HostPool(worker, cluster, config, host, key)
{
    private Http1Upstream? _idle;

    public override HttpProtocol Protocol => HttpProtocol.Http11;

    protected override bool HasReady => _idle is not null;

    internal void OnConnected(Http1Upstream connection)
    {
        CountConnected(connection.Transport);
        Offer(connection);
    }

    /// <summary>A connection has finished its exchange and can serve another.</summary>
    internal void Release(Http1Upstream connection)
    {
        bool isUsedUp = Config.MaxRequestsPerConnection != 0 && connection.Served >= Config.MaxRequestsPerConnection;
        if (IsDraining || connection.IsOld || isUsedUp)
        {
            if (isUsedUp && !IsDraining)
            {
                Cluster.Stats.Add(ClusterStat.UpstreamCxMaxRequests);
            }
            connection.CloseSocket();
            return;
        }
        Offer(connection);
    }

    internal void OnClosed(Http1Upstream connection)
    {
        if (connection.IsIdle)
        {
            Unlink(connection);
        }
        CountClosed(connection);
    }

    protected override void BeginOnReady(HttpExchange exchange)
    {
        Http1Upstream ready = _idle!;
        Unlink(ready);
        ready.Begin(exchange);
    }

    protected override int ConnectionsFor(int pending) => pending;

    protected override void Open(int fd, StreamTransport? transport) => new Http1Upstream(Worker, this).Start(fd, transport);

    protected override void CloseIdle()
    {
        while (_idle is { } connection)
        {
            connection.CloseSocket();
        }
    }

    private void Offer(Http1Upstream connection)
    {
        if (NextPending() is { } exchange)
        {
            connection.Begin(exchange);
            return;
        }
        Link(connection);
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
