using Lateen.Net.Sockets;

namespace Lateen.Proxy.Tcp;

/// <summary>One side of a <see cref="TcpSession"/>: reads and writes through to the other, stops while the other is full.</summary>
/// <remarks>
/// Small messages are read and written, which costs least for them; a flow that has proved to be bulk passes through a pipe in the kernel, where
/// neither side has a transport of its own. What is in the pipe counts as output of the other side that waits.
/// </remarks>
internal sealed class TcpEnd(TcpSession session, EventLoop loop, bool isDownstream) : StreamSocket(loop)
{
    // Bytes moved before the thread's other connections are looked at.
    private const int Turn = 1024 * 1024;

    private Action? _again;
    private byte[]? _kept;
    private int _keptLength;
    private SplicePipe? _pipe;
    private BulkGauge _gauge;
    private bool _readable;
    private bool _ended;
    private bool _finWanted;
    private bool _finSent;
    private bool _peerClosed;
    private PeerHelloReader? _hello;

    public bool IsDownstream => isDownstream;

    public void Open(int fd, StreamTransport? transport)
    {
        Attach(fd, transport);
        _readable = transport is not null;
    }

    /// <summary>The other end of this connection is still to say who it is.</summary>
    public bool AwaitsHello => _hello is not null;

    /// <summary>Says who we are and expects the same, where the handshake has settled on it.</summary>
    public void Greet(PeerExchange exchange) => _hello = exchange.Begin(this);

    public void OpenConnecting(int fd, StreamTransport? transport) => AttachConnecting(fd, transport);

    /// <summary>Bytes that were read before the other side existed.</summary>
    public void Keep(ReadOnlySpan<byte> data)
    {
        _kept = Loop.Buffers.Rent(data.Length);
        data.CopyTo(_kept);
        _keptLength = data.Length;
        _readable = true;
    }

    /// <summary>Gives the connection up without closing it, with the bytes that were kept.</summary>
    public (int Fd, StreamTransport? Transport, byte[] First) HandOver()
    {
        byte[] first = _kept.AsSpan(0, _keptLength).ToArray();
        if (_kept is { } kept)
        {
            (_kept, _keptLength) = (null, 0);
            Loop.Buffers.Return(kept);
        }
        (int fd, StreamTransport? transport) = Release();
        return (fd, transport, first);
    }

    /// <summary>Moves what there is to the other side until one of them has to wait.</summary>
    public void Forward()
    {
        if (session.IsAhead)
        {
            Listen();
            return;
        }
        if (session.PeerOf(this) is not { IsConnecting: false } peer)
        {
            return;
        }
        if (_kept is { } kept)
        {
            _kept = null;
            session.OnBytes(this, _keptLength);
            peer.Write(kept.AsSpan(0, _keptLength));
            Loop.Buffers.Return(kept);
        }
        int moved = 0;
        while (_readable && IsOpen && !_ended && !peer.HasPendingOutput && _pipe is not { Count: > 0 })
        {
            int n = _gauge.IsBulk && CanSplice(peer) ? Splice(peer) : Copy(peer);
            if (n == -LibC.Eagain)
            {
                _readable = false;
                ReturnPipe();
                return;
            }
            if (n < 0)
            {
                session.OnEnded(this);
                session.Close();
                return;
            }
            if (n == 0)
            {
                _ended = true;
                ReturnPipe();
                session.OnEnded(this);
                peer.Finish();
                CloseIfDone();
                return;
            }
            _gauge.Count(n);
            moved += n;
            if (moved >= Turn)
            {
                // The others of this thread have their turn; a source that is faster than we are would else keep it for ever.
                Loop.Post(_again ??= Forward);
                return;
            }
        }
    }

    public override void OnEvents(Readiness events)
    {
        if ((events & Readiness.Writable) != 0 && !IsConnecting)
        {
            session.PeerOf(this)?.OnPeerWritable(this);
        }
        if (IsOpen)
        {
            base.OnEvents(events);
        }
    }

    public override void Abort() => session.Close();

    protected override void OnConnected(int error) => session.OnConnected(error);

    protected override void OnReadable(Readiness events)
    {
        _readable = true;
        _peerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        if (events.HasFlag(Readiness.Failed) && session.PeerOf(this) is { IsConnecting: true })
        {
            session.Close();
            return;
        }
        Forward();
    }

    protected override void OnOutputDrained()
    {
        if (_finWanted && !_finSent)
        {
            Finish();
            CloseIfDone();
        }
        session.PeerOf(this)?.Forward();
    }

    protected override void OnOutputFailed(int error)
    {
        session.OnEnded(this);
        session.Close();
    }

    protected override void OnClosed()
    {
        ReturnPipe();
        if (_kept is { } kept)
        {
            _kept = null;
            Loop.Buffers.Return(kept);
        }
    }

    private int Copy(TcpEnd peer)
    {
        int n = Receive(Loop.Input);
        if (n > 0)
        {
            _readable = n == EventLoop.InputSize || _peerClosed || HasBufferedInput;
        }
        if (n >= 0)
        {
            ReadOnlySpan<byte> data = BehindHello(Loop.Input.AsSpan(0, n));
            if (!data.IsEmpty)
            {
                session.OnBytes(this, data.Length);
                peer.Write(data);
            }
        }
        return n;
    }

    // What of the bytes is the application's; none are the end of the stream.
    private ReadOnlySpan<byte> BehindHello(ReadOnlySpan<byte> data)
    {
        if (_hello is not { } hello)
        {
            return data;
        }
        ReadOnlySpan<byte> rest = hello.Strip(data, isLast: data.IsEmpty);
        if (hello.IsOver)
        {
            _hello = null;
            session.OnHello(this, hello.Payload);
        }
        return rest;
    }

    // What the other side has gathered goes before what the pipe would bring.
    private bool CanSplice(TcpEnd peer) =>
        Transport is null && peer is { Transport: null, PendingOutput: 0 } && (_pipe ??= Loop.Pipes.Rent()) is not null;

    // A pipe holds a number of pieces, not of bytes: that it took little does not say that the socket is empty. So it is asked until it says so.
    private int Splice(TcpEnd peer)
    {
        int n = _pipe!.Fill(Fd);
        if (n <= 0)
        {
            return n;
        }
        session.OnBytes(this, n);
        int result = _pipe.Drain(peer.Fd);
        if (result is not (0 or -LibC.Eagain))
        {
            session.OnEnded(peer);
            return result;
        }
        return n;
    }

    private void OnPeerWritable(TcpEnd peer)
    {
        if (_pipe is not { Count: > 0 } pipe)
        {
            return;
        }
        int result = pipe.Drain(peer.Fd);
        if (result == -LibC.Eagain)
        {
            return;
        }
        if (result < 0)
        {
            session.OnEnded(peer);
            session.Close();
            return;
        }
        Forward();
    }

    private void ReturnPipe()
    {
        if (_pipe is { } pipe)
        {
            _pipe = null;
            Loop.Pipes.Return(pipe);
        }
    }

    // The client's side is not here yet: the server's first bytes are kept and tell that it speaks first. An HTTP/2 server does so as well and
    // still waits for its client: its bytes are kept, and nothing is told.
    private void Listen()
    {
        if (_kept is not null || !IsOpen)
        {
            return;
        }
        ReadOnlySpan<byte> said;
        int n;
        do
        {
            n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                _readable = false;
                return;
            }
            // A sidecar in between speaks first always: that says nothing of the server.
            said = n > 0 ? BehindHello(Loop.Input.AsSpan(0, n)) : [];
        }
        while (n > 0 && said.IsEmpty);
        if (n > 0)
        {
            Keep(said);
            if (ServerGreeting.IsHttp2(said))
            {
                return;
            }
        }
        // An end or an error is there to be read again.
        session.OnServerFirst();
    }

    // Both have said their FIN and nothing is on its way any more.
    private void CloseIfDone()
    {
        if (_ended && session.PeerOf(this) is { _ended: true, PendingOutput: 0 } && PendingOutput == 0)
        {
            session.Close();
        }
    }

    // The other side has ended: pass the FIN on once everything before it is out. Its pipe is empty then: it is read again only when it is.
    private void Finish()
    {
        _finWanted = true;
        if (!IsOpen || PendingOutput > 0 || IsConnecting)
        {
            return;
        }
        _finSent = true;
        ShutdownWrite();
    }
}
