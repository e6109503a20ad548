namespace Lateen.Net.Sockets;

/// <summary>A connected (or connecting) stream socket on a loop: corked writing, remembered output, connect completion.</summary>
/// <remarks>
/// Small writes are gathered and leave by one send when the loop has been through its events, or through some of them; a large write goes out at
/// once, together with what was gathered. Output that the kernel does not take is kept, <see cref="HasPendingOutput"/> says so, and the owner is
/// expected to stop reading from wherever the data comes: so the memory held is bounded by what one batch of events produced.
/// With a <see cref="StreamTransport"/> the same holds for what that makes of the bytes; who inherits sees plain bytes only.
/// </remarks>
internal abstract class StreamSocket(EventLoop loop) : EventSource
{
    private const int DirectWriteThreshold = 4096;

    private byte[]? _output;
    private int _start;
    private int _end;
    private int _outputError;
    private bool _dirty;
    private bool _connecting;
    private bool _handshaking;
    private StreamTransport? _transport;

    protected EventLoop Loop { get; } = loop;

    public bool IsOpen => Fd >= 0;

    public bool IsConnecting => _connecting;

    /// <summary>Output waits for the peer (or for the connection): whoever feeds this socket must pause.</summary>
    public bool HasPendingOutput => (_end > _start && (_connecting || !_dirty)) || _transport is { PendingOutput: > 0 };

    /// <summary>Bytes gathered or waiting.</summary>
    public int PendingOutput => _end - _start + (_transport?.PendingOutput ?? 0);

    /// <summary>What stands between this socket's bytes and the kernel's; null: nothing.</summary>
    public StreamTransport? Transport => _transport;

    public long BytesIn { get; private set; }

    public long BytesOut { get; private set; }

    /// <summary>Why the transport's handshake failed; kept after the close. Null otherwise.</summary>
    public string? TransportFailure { get; private set; }

    /// <summary>The last <see cref="Receive"/> left something (the end of the stream, say) that no event will tell of: ask again.</summary>
    protected bool HasBufferedInput => _transport is { HasBufferedInput: true };

    /// <summary>Takes over an accepted descriptor.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="transport">
    /// What stands in between, its handshake done. It may hold bytes that no event will tell of: the owner reads once after this.
    /// </param>
    protected void Attach(int fd, StreamTransport? transport = null)
    {
        _transport = transport;
        Fd = fd;
        Loop.Add(this);
    }

    /// <summary>Takes over a descriptor whose connect is in progress; <see cref="OnConnected"/> follows, after the transport's handshake.</summary>
    protected void AttachConnecting(int fd, StreamTransport? transport = null)
    {
        _connecting = true;
        Attach(fd, transport);
    }

    /// <summary>Gives up the descriptor and the transport without closing them, for another owner on this loop.</summary>
    protected (int Fd, StreamTransport? Transport) Release()
    {
        (int, StreamTransport?) released = (Fd, _transport);
        Loop.Detach(this);
        (Fd, _transport) = (-1, null);
        return released;
    }

    /// <summary>Room to build output in place; follow with <see cref="Commit"/>. The socket must be open.</summary>
    public Span<byte> Reserve(int size)
    {
        EnsureRoom(size);
        return _output.AsSpan(_end, size);
    }

    public void Commit(int written)
    {
        _end += written;
        MarkDirty();
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        if (!IsOpen || _outputError != 0 || data.IsEmpty)
        {
            return;
        }
        bool blocked = _connecting || (_end > _start && !_dirty);
        if (data.Length < DirectWriteThreshold || blocked)
        {
            data.CopyTo(Reserve(data.Length));
            _end += data.Length;
            if (!blocked)
            {
                MarkDirty();
            }
            return;
        }
        WriteThrough(data);
    }

    /// <summary>Bytes read into the buffer; 0 at the end of the stream; negative: minus the error number.</summary>
    protected int Receive(Span<byte> buffer)
    {
        int n;
        do
        {
            n = _transport is null ? SocketCalls.Receive(Fd, buffer) : _transport.Receive(Fd, buffer);
        }
        while (n == -LibC.Eintr);
        if (n > 0)
        {
            BytesIn += n;
        }
        return n;
    }

    public override void OnEvents(Readiness events)
    {
        if (_connecting)
        {
            if (!FinishConnecting(ref events))
            {
                return;
            }
        }
        else if ((events & Readiness.Writable) != 0 && !_dirty && PendingOutput > 0)
        {
            Flush();
            if (!IsOpen)
            {
                return;
            }
        }
        if ((events & (Readiness.Readable | Readiness.PeerClosed | Readiness.Failed)) != 0)
        {
            OnReadable(events);
        }
    }

    /// <summary>Closes at once, without a word to the owner's peer objects beyond <see cref="OnClosed"/>.</summary>
    public void CloseSocket() => Close(whole: true);

    /// <summary>Closes such that the peer can tell that the stream was cut: what was written leaves, a transport that can say "this is the end" does not.</summary>
    public void CutSocket()
    {
        if (IsOpen && !_connecting && _outputError == 0 && _end > _start)
        {
            BytesOut += Math.Max(SendPending(), 0);
        }
        Close(whole: false);
    }

    /// <summary>Half-close: this side has said everything. Nothing may be pending.</summary>
    public void ShutdownWrite()
    {
        if (!IsOpen)
        {
            return;
        }
        _transport?.End(Fd);
        if (_transport is not { PendingOutput: > 0 })
        {
            SocketCalls.ShutdownWrite(Fd);
        }
    }

    /// <summary>The loop met an exception of ours in a callback: the connection is given up, its stream ended.</summary>
    public abstract void Abort();

    internal void FlushCorked()
    {
        if (!_dirty)
        {
            return;
        }
        _dirty = false;
        if (!IsOpen || _connecting)
        {
            return;
        }
        if (_outputError == 0 && PendingOutput > 0)
        {
            Flush();
        }
        else if (_outputError != 0)
        {
            OnOutputFailed(_outputError);
        }
        else
        {
            OnOutputDrained();
        }
    }

    protected abstract void OnReadable(Readiness events);

    /// <summary>The connect ended: 0, or the error number. The owner closes on an error.</summary>
    protected virtual void OnConnected(int error)
    {
    }

    /// <summary>Everything written has been handed to the kernel.</summary>
    protected virtual void OnOutputDrained()
    {
    }

    /// <summary>The peer takes no more: what was to be sent is dropped.</summary>
    protected abstract void OnOutputFailed(int error);

    protected virtual void OnClosed()
    {
    }

    // Returns true if the connection stands and the events left are for reading.
    private bool FinishConnecting(ref Readiness events)
    {
        if (!_handshaking)
        {
            if ((events & (Readiness.Writable | Readiness.Failed)) == 0)
            {
                return false;
            }
            int error = SocketCalls.TakeError(Fd);
            if (error != 0 || _transport is null)
            {
                return Connected(error);
            }
            _handshaking = true;
        }
        switch (_transport!.Handshake(Fd))
        {
            case HandshakeState.Pending:
                return false;
            case HandshakeState.Failed:
                TransportFailure = _transport.Failure;
                return Connected(LibC.Eproto);
            default:
                _transport = _transport.Settled;
                // What came behind the handshake was read with it; no event will tell.
                events |= Readiness.Readable;
                return Connected(0);
        }
    }

    private bool Connected(int error)
    {
        _connecting = _handshaking = false;
        OnConnected(error);
        if (!IsOpen)
        {
            return false;
        }
        MarkDirty();
        return true;
    }

    private void Close(bool whole)
    {
        if (!IsOpen)
        {
            return;
        }
        if (_transport is { } transport)
        {
            transport.Close(Fd, whole && !_connecting && _outputError == 0 && PendingOutput == 0);
        }
        Loop.Close(this);
        ReleaseOutput();
        _connecting = _handshaking = false;
        OnClosed();
        _transport = null;
    }

    private void MarkDirty()
    {
        if (!_dirty)
        {
            _dirty = true;
            Loop.MarkDirty(this);
        }
    }

    private void EnsureRoom(int size)
    {
        if (_output is null)
        {
            _output = Loop.Buffers.Rent(size);
            (_start, _end) = (0, 0);
        }
        else if (_end + size > _output.Length)
        {
            int pending = _end - _start;
            byte[] target = pending + size > _output.Length ? Loop.Buffers.Rent(Math.Max(pending + size, 2 * pending)) : _output;
            _output.AsSpan(_start, pending).CopyTo(target);
            if (target != _output)
            {
                Loop.Buffers.Return(_output);
                _output = target;
            }
            (_start, _end) = (0, pending);
        }
    }

    private void WriteThrough(ReadOnlySpan<byte> data)
    {
        int pending = _end - _start;
        int sent = _transport is not null ? _transport.Send(Fd, _output.AsSpan(_start, pending), data)
            : pending == 0 ? SocketCalls.Send(Fd, data)
            : SocketCalls.Send(Fd, _output.AsSpan(_start, pending), data);
        if (sent < 0)
        {
            if (sent != -LibC.Eagain && sent != -LibC.Eintr)
            {
                Fail(-sent);
                return;
            }
            sent = 0;
        }
        BytesOut += sent;
        int fromPending = Math.Min(sent, pending);
        _start += fromPending;
        ReadOnlySpan<byte> rest = data[(sent - fromPending)..];
        if (!rest.IsEmpty)
        {
            rest.CopyTo(Reserve(rest.Length));
            _end += rest.Length;
            _dirty = false; // The kernel is full: from here on, the writable event drives.
        }
        else if (_end == _start)
        {
            ReleaseOutput();
        }
    }

    private void Flush()
    {
        int sent = SendPending();
        if (sent < 0)
        {
            if (sent is not (-LibC.Eagain or -LibC.Eintr))
            {
                Fail(-sent);
                _dirty = false;
                OnOutputFailed(-sent);
            }
            return;
        }
        BytesOut += sent;
        _start += sent;
        if (_start == _end)
        {
            ReleaseOutput();
            if (_transport is not { PendingOutput: > 0 })
            {
                OnOutputDrained();
            }
        }
    }

    private int SendPending()
    {
        ReadOnlySpan<byte> pending = _output.AsSpan(_start, _end - _start);
        return _transport is null ? SocketCalls.Send(Fd, pending) : _transport.Send(Fd, pending, []);
    }

    private void Fail(int error)
    {
        _outputError = error;
        ReleaseOutput();
        MarkDirty();
    }

    private void ReleaseOutput()
    {
        if (_output is { } buffer)
        {
            _output = null;
            Loop.Buffers.Return(buffer);
        }
        (_start, _end) = (0, 0);
    }
}
