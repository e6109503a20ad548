using Lateen.Net.Sockets;

namespace Lateen.Proxy.Tcp;

/// <summary>One side of a <see cref="TcpSession"/>: reads and writes through to the other, stops while the other is full.</summary>
internal sealed class TcpEnd(TcpSession session, EventLoop loop, bool isDownstream) : StreamSocket(loop)
{
    private byte[]? _kept;
    private int _keptLength;
    private bool _readable;
    private bool _ended;
    private bool _finWanted;
    private bool _finSent;
    private bool _peerClosed;

    public bool IsDownstream => isDownstream;

    public void Open(int fd, StreamTransport? transport)
    {
        Attach(fd, transport);
        _readable = transport is not null;
    }

    public void OpenConnecting(int fd, StreamTransport? transport) => AttachConnecting(fd, transport);

    /// <summary>Bytes that were read before the other side existed.</summary>
    public void Keep(ReadOnlySpan<byte> data)
    {
        _kept = Loop.Buffers.Rent(data.Length);
        data.CopyTo(_kept);
        _keptLength = data.Length;
        _readable = true;
    }

    /// <summary>Moves what there is to the other side until one of them has to wait.</summary>
    public void Forward()
    {
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
        while (_readable && IsOpen && !_ended && !peer.HasPendingOutput)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                _readable = false;
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
                session.OnEnded(this);
                peer.Finish();
                CloseIfDone();
                return;
            }
            _readable = n == EventLoop.InputSize || _peerClosed || HasBufferedInput;
            session.OnBytes(this, n);
            peer.Write(Loop.Input.AsSpan(0, n));
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
        if (_kept is { } kept)
        {
            _kept = null;
            Loop.Buffers.Return(kept);
        }
    }

    // Both have said their FIN and nothing is on its way any more.
    private void CloseIfDone()
    {
        if (_ended && session.PeerOf(this) is { _ended: true, PendingOutput: 0 } && PendingOutput == 0)
        {
            session.Close();
        }
    }

    // The other side has ended: pass the FIN on once everything before it is out.
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
