using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>An HTTP/2 connection on a loop: the socket around an <see cref="Http2Session"/>, and the streams waiting for it to drain.</summary>
/// <remarks>
/// A stream object whose stream has ended is used again only when the callback in which it ended is over: whoever is on the call stack
/// still sees the stream it knew.
/// </remarks>
internal abstract class Http2Connection : StreamSocket, IHttp2Connection
{
    private const int KeptStreams = 128;

    private readonly Stack<Http2Stream> _free = [];
    private readonly List<Http2Stream> _ended = [];
    private List<Http2Stream> _waiting = [];
    private List<Http2Stream> _drained = [];
    private bool _receiving;

    protected Http2Connection(ProxyWorker worker, bool isServer, Http2Limits limits) : base(worker.Loop)
    {
        Worker = worker;
        Session = new Http2Session(isServer, this, limits, worker.Loop.Buffers, worker.Loop.Scratch);
    }

    public Http2Session Session { get; }

    public long Now => Loop.Now;

    public bool IsOutputBlocked => HasPendingOutput;

    protected ProxyWorker Worker { get; }

    protected bool PeerClosed { get; private set; }

    public abstract Http2Stream? AcceptStream();

    public abstract void OnGoAway(int lastStream, Http2ErrorCode code);

    public abstract void OnFailed(Http2ErrorCode code, string reason);

    public virtual void OnSettings()
    {
    }

    public void OnStreamClosed(Http2Stream stream)
    {
        _ended.Add(stream);
        OnStreamEnded();
        if (!_receiving && _ended.Count > KeptStreams)
        {
            RecycleStreams();
        }
    }

    /// <summary>The stream is to be told when the kernel takes bytes again.</summary>
    public void AwaitDrain(Http2Stream stream)
    {
        if (!stream.AwaitsDrain)
        {
            stream.AwaitsDrain = true;
            _waiting.Add(stream);
        }
    }

    /// <summary>A stream object that nobody uses; null if there is none.</summary>
    protected Http2Stream? TakeFree() => _free.TryPop(out Http2Stream? stream) ? stream : null;

    /// <summary>A stream has ended: the connection may be done.</summary>
    protected abstract void OnStreamEnded();

    /// <summary>The peer has closed, or the connection broke.</summary>
    protected abstract void OnPeerClosed();

    protected void Process(ReadOnlySpan<byte> data)
    {
        _receiving = true;
        Session.Receive(data);
        _receiving = false;
        RecycleStreams();
    }

    protected override void OnReadable(Readiness events)
    {
        PeerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        while (IsOpen)
        {
            int n = Receive(Loop.FrameInput);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n <= 0)
            {
                OnPeerClosed();
                return;
            }
            Process(Loop.FrameInput.AsSpan(0, n));
            // A short read has emptied the socket; the next edge comes with the next byte.
            if (n < EventLoop.InputSize && !PeerClosed && !HasBufferedInput)
            {
                return;
            }
        }
    }

    protected override void OnOutputDrained()
    {
        Session.OnOutputDrained();
        if (_waiting.Count > 0)
        {
            // Those who fill the socket again wait again, in the other list.
            (_waiting, _drained) = (_drained, _waiting);
            foreach (Http2Stream stream in _drained)
            {
                stream.AwaitsDrain = false;
                if (stream.IsOpen)
                {
                    stream.OnDrained();
                }
            }
            _drained.Clear();
        }
    }

    private void RecycleStreams()
    {
        foreach (Http2Stream stream in _ended)
        {
            if (_free.Count < KeptStreams)
            {
                _free.Push(stream);
            }
        }
        _ended.Clear();
    }
}
