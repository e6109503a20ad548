using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>A host's end of a CONNECT tunnel that ends here: plain bytes both ways, half-close from the client's side.</summary>
internal sealed class RawUpstream : ExclusiveUpstream
{
    private readonly RawPool _pool;

    public RawUpstream(ProxyWorker worker, RawPool pool) : base(worker, pool) => _pool = pool;

    /// <summary>The exchange's tunnel is open at once: there is nobody to ask.</summary>
    public void Begin(HttpExchange exchange)
    {
        Exchange = exchange;
        exchange.OnUpstreamReady(this);
        if (Exchange == exchange)
        {
            exchange.Response.StartResponse(200);
            exchange.OnResponseHead(endStream: false);
        }
        if (IsOpen)
        {
            ReadLoop();
        }
    }

    public override void SendHead(HttpExchange exchange, bool endStream)
    {
        // The host knows nothing of HTTP.
    }

    public override void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        Write(data);
        if (endStream)
        {
            FinishWriting();
        }
    }

    public override void SendTrailers(MessageHead trailers) => FinishWriting();

    public override void Abort() => Fail(UpstreamFailure.LocalReset);

    protected override void OnReady() => _pool.OnConnected(this);

    protected override void OnReadable(Readiness events) => ReadLoop();

    protected override void OnOutputFailed(int error) => Fail(UpstreamFailure.ConnectionTermination);

    protected override void OnClosed()
    {
        base.OnClosed();
        _pool.OnClosed(this);
    }

    protected override void ReadLoop()
    {
        while (IsOpen && !IsPaused && Exchange is { IsTunnelOpen: true } exchange)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n < 0)
            {
                Fail(UpstreamFailure.ConnectionTermination);
                return;
            }
            if (n == 0)
            {
                Exchange = null;
                exchange.OnUpstreamReleased();
                CloseSocket();
                exchange.OnResponseData([], endStream: true);
                return;
            }
            exchange.OnResponseData(Loop.Input.AsSpan(0, n), endStream: false);
        }
    }

    private void Fail(UpstreamFailure failure)
    {
        HttpExchange? exchange = Exchange;
        Exchange = null;
        if (exchange is not null)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
        }
        CloseSocket();
        exchange?.OnUpstreamReset(failure, null, diedIdle: false);
    }
}
