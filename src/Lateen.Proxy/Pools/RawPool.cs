using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Pools;

/// <summary>Connections for CONNECT requests that end here: one for each, used once (connect_config).</summary>
internal sealed class RawPool(ProxyWorker worker, ClusterWorker cluster, ClusterConfig config, Host host, PoolKey key)
    : HostPool(worker, cluster, config, host, key)
{
    public override HttpProtocol Protocol => HttpProtocol.None;

    protected override bool HasReady => false;

    internal void OnConnected(RawUpstream connection)
    {
        CountConnected(connection.Transport);
        if (!IsDraining && NextPending() is { } exchange)
        {
            connection.Begin(exchange);
            return;
        }
        connection.CloseSocket();
    }

    internal void OnClosed(RawUpstream connection) => CountClosed(connection);

    protected override void BeginOnReady(HttpExchange exchange) => throw new System.Diagnostics.UnreachableException("no connection waits for a request");

    protected override int ConnectionsFor(int pending) => pending;

    protected override void Open(int fd, StreamTransport? transport) => new RawUpstream(Worker, this).Start(fd, transport);

    protected override void CloseIdle()
    {
    }
}
