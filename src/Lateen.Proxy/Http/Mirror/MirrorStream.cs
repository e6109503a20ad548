using Lateen.Net.Http1;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http.Mirror;

/// <summary>The client's side of a mirrored request: nobody. What comes back is dropped; a mirror that cannot keep up is given up.</summary>
internal sealed class MirrorStream(HttpManager manager, StatBlock stats, DownstreamConnection connection, HttpProtocol protocol, long limit)
    : IDownstreamStream
{
    private long _behind;
    private bool _paused;

    /// <summary>The copy; null once it is over.</summary>
    public HttpExchange? Exchange { get; private set; }

    public DownstreamConnection Connection => connection;

    public HttpManager Manager => manager;

    public StatBlock Stats => stats;

    public HttpProtocol Protocol => protocol;

    public bool HasPendingOutput => false;

    /// <summary>The mirror of the same request that was drawn before this one.</summary>
    public MirrorStream? Next { get; set; }

    public void Begin(HttpExchange copy)
    {
        Exchange = copy;
        copy.Attach(this);
    }

    /// <summary>Passes on what the client sent; the original's pace is not slowed, so what a slow mirror has not taken is bounded here.</summary>
    public void OnRequestData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_paused && (_behind += data.Length) > limit)
        {
            Abandon();
            return;
        }
        Exchange?.OnRequestData(data, endStream);
    }

    /// <summary>The request will not be completed.</summary>
    public void Abandon() => Exchange?.OnDownstreamGone();

    public void SendContinue()
    {
    }

    public void SendHead(HttpExchange exchange, bool endStream)
    {
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
    }

    public void SendTrailers(MessageHead trailers)
    {
    }

    public void ResetStream() => Exchange = null;

    public void PauseReading() => _paused = true;

    public void ResumeReading() => (_paused, _behind) = (false, 0);

    public void BeginTunnel()
    {
    }

    public void OnExchangeDone() => Exchange = null;
}
