using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http.SideCalls;

/// <summary>A request of the proxy's own on behalf of a client's, through a cluster like any other: balancing, pools, breakers, TLS. Its answer is gathered whole.</summary>
/// <remarks>Lives on the client's loop; allocates, as what asks for it is not the steady state of plain forwarding.</remarks>
internal sealed class SideCall : IDownstreamStream
{
    /// <summary>Bytes of an answer; a longer one is a failure.</summary>
    public const int LargestAnswer = 1024 * 1024;

    private readonly ProxyWorker _worker;
    private readonly ISideCallOwner _owner;
    private readonly List<byte> _body = [];
    private HttpExchange? _exchange;
    private bool _isComplete;
    private bool _isOver;
    private bool _isTooLong;

    /// <param name="worker">The client's thread.</param>
    /// <param name="connection">The client's connection.</param>
    /// <param name="isGrpc">The call goes out as over HTTP/2 where the cluster follows its clients.</param>
    /// <param name="owner">Told once of the end.</param>
    public SideCall(ProxyWorker worker, DownstreamConnection connection, bool isGrpc, ISideCallOwner owner)
    {
        (_worker, Connection, _owner) = (worker, connection, owner);
        Protocol = isGrpc ? HttpProtocol.Http2 : HttpProtocol.Http11;
        _exchange = worker.TakeExchange();
        _exchange.Attach(this);
    }

    /// <summary>To be filled before <see cref="Send"/>.</summary>
    public MessageHead Request => _exchange!.Request;

    /// <summary>Head of the answer; valid when <see cref="HasAnswer"/> says so.</summary>
    public MessageHead Response { get; } = new();

    public MessageHead Trailers { get; } = new();

    public ReadOnlySpan<byte> Body => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_body);

    /// <summary>The server has answered, and the answer is whole.</summary>
    public bool HasAnswer => _isComplete && !_isTooLong;

    public DownstreamConnection Connection { get; }

    public HttpManager Manager => _worker.MirrorManager;

    public StatBlock Stats => Manager.Stats.For(_worker.Index);

    public HttpProtocol Protocol { get; }

    public bool HasPendingOutput => false;

    public void Send(ClusterState cluster, long timeoutMilliseconds, ReadOnlySpan<byte> body) =>
        _exchange!.BeginSideCall(cluster, timeoutMilliseconds, body);

    /// <summary>The owner has lost interest; it is told nothing more.</summary>
    public void Cancel()
    {
        _isOver = true;
        HttpExchange? exchange = _exchange;
        _exchange = null;
        exchange?.OnDownstreamGone();
    }

    public void SendContinue()
    {
    }

    public void SendHead(HttpExchange exchange, bool endStream)
    {
        // An answer of our own says that there was none.
        if (!exchange.IsResponseFinal)
        {
            Response.CopyFrom(exchange.Response);
            _isComplete = endStream;
        }
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_exchange is null or { IsResponseFinal: true })
        {
            return;
        }
        // What is beyond the limit is dropped: the exchange under way may not be ended from here.
        _isTooLong |= _body.Count + data.Length > LargestAnswer;
        if (!_isTooLong)
        {
            _body.AddRange(data);
        }
        _isComplete = endStream;
    }

    public void SendTrailers(MessageHead trailers)
    {
        Trailers.CopyFrom(trailers);
        _isComplete = true;
    }

    public void ResetStream()
    {
        _exchange = null;
        (_isComplete, _isOver) = (false, true);
        // Not from within whatever broke.
        _worker.Loop.ArmTimer(new Later(this), 1);
    }

    public void PauseReading()
    {
    }

    public void ResumeReading()
    {
    }

    public void BeginTunnel()
    {
    }

    public void OnExchangeDone()
    {
        _exchange = null;
        if (!_isOver)
        {
            _isOver = true;
            _owner.OnSideCallOver(this);
        }
    }

    private sealed class Later(SideCall call) : LoopTimer
    {
        public override void OnTimer() => call._owner.OnSideCallOver(call);
    }
}

/// <summary>Who waits for the end of a <see cref="SideCall"/>.</summary>
internal interface ISideCallOwner
{
    /// <summary>The call is over, with an answer or without.</summary>
    void OnSideCallOver(SideCall call);
}
