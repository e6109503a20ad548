using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Tcp;

/// <summary>A client's TCP connection whose bytes travel in a CONNECT request (RFC 9110 9.3.6): the client's side of that one exchange.</summary>
/// <remarks>The client is not read before the tunnel is open. Half-close passes where the upstream's version of HTTP can say it.</remarks>
internal sealed class TcpTunnel : StreamSocket, IDownstreamStream
{
    private readonly ProxyWorker _worker;
    private readonly TcpProxyConfig _config;
    private HttpExchange? _exchange;
    private byte[] _first = [];
    private bool _readable;
    private bool _paused;
    private bool _ended;
    private PeerHelloReader? _hello;

    public TcpTunnel(ProxyWorker worker, TcpProxyConfig config, DownstreamConnection connection) : base(worker.Loop)
    {
        (_worker, _config, Connection) = (worker, config, connection);
        Stats = Manager.Stats.For(worker.Index);
    }

    public DownstreamConnection Connection { get; }

    public HttpManager Manager => _config.Tunnel!.Manager;

    public StatBlock Stats { get; }

    // Not told apart from HTTP/1: what goes upstream is the cluster's choice alone.
    public HttpProtocol Protocol => HttpProtocol.Http11;

    /// <summary>Takes over the client's connection and asks for the tunnel.</summary>
    /// <param name="fd">The client's descriptor.</param>
    /// <param name="transport">Its transport.</param>
    /// <param name="first">Bytes of the client that were read already.</param>
    /// <param name="cluster">Through which the tunnel goes.</param>
    /// <param name="session">What is known of the connection, for the formats.</param>
    public void Begin(int fd, StreamTransport? transport, ReadOnlySpan<byte> first, ClusterState cluster, StreamInfo session)
    {
        _first = first.ToArray();
        _readable = transport is not null;
        Attach(fd, transport);
        _hello = _config.PeerExchange?.Begin(this);
        HttpExchange exchange = _exchange = _worker.TakeExchange();
        exchange.Attach(this);
        byte[] target = _config.Tunnel!.Hostname.Render(session, _worker).ToArray();
        exchange.Request.StartRequest("CONNECT"u8, target);
        exchange.Request.Add("host"u8, target);
        _config.Tunnel.Headers.Apply(exchange.Request, session, _worker);
        exchange.BeginTunnelCall(cluster);
    }

    public void SendContinue()
    {
    }

    public void SendHead(HttpExchange exchange, bool endStream)
    {
        // Anything but an open tunnel: the client is told nothing, it did not speak HTTP.
        _ended |= !exchange.IsTunnelOpen;
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_exchange is { IsTunnelOpen: true })
        {
            Count(TcpStat.DownstreamCxTxBytesTotal, data.Length);
            Write(data);
        }
    }

    public void SendTrailers(MessageHead trailers)
    {
    }

    public void ResetStream()
    {
        _exchange = null;
        CutSocket();
    }

    public void PauseReading() => _paused = true;

    public void ResumeReading()
    {
        _paused = false;
        ReadLoop();
    }

    public void BeginTunnel()
    {
    }

    public void OnExchangeDone()
    {
        _exchange = null;
        CloseIfSent();
    }

    public override void Abort() => Gone();

    protected override void OnReadable(Readiness events)
    {
        _readable = true;
        if ((events & Readiness.Failed) != 0 && _exchange is { IsTunnelOpen: false })
        {
            Gone();
            return;
        }
        ReadLoop();
    }

    protected override void OnOutputDrained()
    {
        if (_exchange is null)
        {
            CloseIfSent();
            return;
        }
        _exchange.OnDownstreamDrained();
    }

    protected override void OnOutputFailed(int error) => Gone();

    protected override void OnClosed() => Connection.Listener.OnConnectionClosed(_worker, Connection);

    private void ReadLoop()
    {
        if (_exchange is { IsTunnelOpen: true } open && _first.Length > 0)
        {
            byte[] first = _first;
            _first = [];
            Count(TcpStat.DownstreamCxRxBytesTotal, first.Length);
            open.OnRequestData(first, endStream: false);
        }
        while (_readable && IsOpen && !_paused && !_ended && _exchange is { IsTunnelOpen: true } exchange)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                _readable = false;
                return;
            }
            if (n < 0)
            {
                Gone();
                return;
            }
            _ended = n == 0;
            ReadOnlySpan<byte> data = _hello is null ? Loop.Input.AsSpan(0, n) : BehindHello(Loop.Input.AsSpan(0, n));
            if (!data.IsEmpty || _ended)
            {
                Count(TcpStat.DownstreamCxRxBytesTotal, data.Length);
                exchange.OnRequestData(data, endStream: _ended);
            }
        }
    }

    // Who the client is stays here: the tunnel carries what the application says.
    private ReadOnlySpan<byte> BehindHello(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = _hello!.Strip(data, isLast: _ended);
        _hello = _hello.IsOver ? null : _hello;
        return rest;
    }

    // The exchange is over: what it left for the client goes out first.
    private void CloseIfSent()
    {
        if (IsOpen && PendingOutput == 0)
        {
            CloseSocket();
        }
    }

    private void Gone()
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        CloseSocket();
        exchange?.OnDownstreamGone();
    }

    private void Count(TcpStat stat, int bytes) => _config.Stats.For(_worker.Index).Add(stat, bytes);
}
