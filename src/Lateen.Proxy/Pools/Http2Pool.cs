using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Pools;

/// <summary>HTTP/2 connections: one takes streams until it is full, then another is opened.</summary>
internal sealed class Http2Pool(ProxyWorker worker, ClusterWorker cluster, ClusterConfig config, Host host, PoolKey key)
    : HostPool(worker, cluster, config, host, key)
{
    private readonly List<Http2Upstream> _connections = [];

    public override HttpProtocol Protocol => HttpProtocol.Http2;

    /// <summary>Streams that a connection may take before its peer has said how many: what the last peer said, at first what RFC 9113 6.5.2 recommends at least.</summary>
    public int ExpectedStreams { get; private set; } = 100;

    protected override bool HasReady => Ready() is not null;

    internal void OnConnected(Http2Upstream connection)
    {
        CountConnected(connection.Transport);
        _connections.Add(connection);
        OnCapacity(connection);
    }

    /// <summary>A stream has ended or the peer allows more: who waits may go.</summary>
    internal void OnCapacity(Http2Upstream connection)
    {
        if (!_connections.Contains(connection))
        {
            return;
        }
        ExpectedStreams = Math.Max(connection.Session.PeerStreamLimit ?? ExpectedStreams, 1);
        while (HasPending && connection.CanTake && NextPending() is { } exchange)
        {
            connection.Begin(exchange);
        }
        if (IsDraining)
        {
            connection.Retire();
            return;
        }
        ConnectForPending();
    }

    internal void OnClosed(Http2Upstream connection)
    {
        _connections.Remove(connection);
        CountClosed(connection);
    }

    protected override void BeginOnReady(HttpExchange exchange) => Ready()!.Begin(exchange);

    protected override int ConnectionsFor(int pending)
    {
        int streams = Math.Min(ExpectedStreams, Config.Http2MaximumStreams);
        return (pending + streams - 1) / streams;
    }

    protected override void Open(int fd, StreamTransport? transport) => new Http2Upstream(Worker, this).Start(fd, transport);

    protected override void CloseIdle()
    {
        foreach (Http2Upstream connection in _connections.ToArray())
        {
            connection.Retire();
        }
    }

    private Http2Upstream? Ready()
    {
        foreach (Http2Upstream connection in _connections)
        {
            if (connection.CanTake)
            {
                return connection;
            }
        }
        return null;
    }
}
