using Lateen.Net.Sockets;
using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>One connection's TLS, server or client, between a socket and its codec.</summary>
/// <remarks>
/// The steady state allocates nothing: records pass through the loop's <see cref="TlsIo"/>; only what the kernel does not take is kept, in a
/// rented buffer. An idle connection holds the SSL object and no buffer.
/// </remarks>
internal sealed class TlsTransport : StreamTransport
{
    private const int RecordSize = 16 * 1024;
    private const int OutputHighMark = 48 * 1024;

    private readonly TlsIo _io;
    private readonly BufferPool _buffers;
    private readonly TlsContext _context;
    private readonly TlsSessionCache? _sessions;
    private nint _ssl;
    private byte[]? _earlier;
    private int _earlierStart;
    private int _earlierEnd;
    private byte[]? _pending;
    private int _pendingStart;
    private int _pendingEnd;
    private int _sendError;
    private int? _end;
    private bool _ended;
    private bool _wasCut;
    private string _protocol = "";
    private string? _failure;

    private TlsTransport(TlsIo io, BufferPool buffers, TlsContext context, TlsSessionCache? sessions)
    {
        (_io, _buffers, _context, _sessions) = (io, buffers, context, sessions);
        _ssl = io.Open(context.Pointer, context.IsServer);
    }

    public override int PendingOutput => _pendingEnd - _pendingStart;

    public override bool HasBufferedInput => _end is not null;

    public override string Protocol => _protocol;

    public override string? Failure => _failure;

    public override bool WasCut => _wasCut;

    /// <summary>What the handshake has settled; null before it is done.</summary>
    public TlsDetails? Details { get; private set; }

    /// <summary>This side's leaf. A server picks among several by the handshake, and knows it until <see cref="Close"/>; a client has one to show.</summary>
    public PeerCertificate? LocalCertificate => !_context.IsServer ? _context.Leaf : _ssl == 0 ? null : TlsConnection.LocalCertificate(_ssl);

    /// <summary>The server's side.</summary>
    /// <param name="io">The loop's.</param>
    /// <param name="buffers">The loop's.</param>
    /// <param name="context">Certificates and rules.</param>
    /// <param name="earlier">Bytes of the client that were read before.</param>
    public static TlsTransport Server(TlsIo io, BufferPool buffers, TlsContext context, ReadOnlySpan<byte> earlier)
    {
        TlsTransport transport = new(io, buffers, context, null);
        if (!earlier.IsEmpty)
        {
            transport._earlier = buffers.Rent(earlier.Length);
            earlier.CopyTo(transport._earlier);
            transport._earlierEnd = earlier.Length;
        }
        return transport;
    }

    /// <summary>The client's side.</summary>
    /// <param name="io">The loop's.</param>
    /// <param name="buffers">The loop's.</param>
    /// <param name="context">Certificates and rules.</param>
    /// <param name="target">Whom it calls.</param>
    public static TlsTransport Client(TlsIo io, BufferPool buffers, TlsContext context, in TlsTarget target)
    {
        TlsTransport transport = new(io, buffers, context, target.Sessions);
        if (target.ServerName.Length > 0)
        {
            TlsConnection.SetServerName(transport._ssl, target.ServerName);
        }
        if (target.ExpectedName is { } expected)
        {
            TlsConnection.SetExpectedName(transport._ssl, expected);
        }
        if (target.Protocols is { } protocols)
        {
            TlsConnection.SetProtocols(transport._ssl, protocols);
        }
        if (target.Sessions?.Take(context) is { } session and not 0)
        {
            _ = SSL_set_session(transport._ssl, session);
            SSL_SESSION_free(session);
        }
        return transport;
    }

    public override HandshakeState Handshake(int fd)
    {
        int result = _io.Handshake(_ssl, fd, Earlier, out int consumed);
        Consume(consumed);
        int error = result == 1 ? 0 : SSL_get_error(_ssl, result);
        if (result == 1)
        {
            Details = TlsConnection.Details(_ssl);
            _protocol = TlsConnection.Protocol(_ssl);
            TakeSession();
            TakeOutput(fd);
            return HandshakeState.Done;
        }
        if (error == ErrorWantRead)
        {
            TakeOutput(fd);
            return HandshakeState.Pending;
        }
        _failure = TlsFailure.Take(_ssl, _io.SawEnd || _io.ReceiveError != 0
            ? "TLS error: the peer closed during the handshake" : "TLS error: handshake failed");
        TakeOutput(fd); // The alert.
        return HandshakeState.Failed;
    }

    public override int Receive(int fd, Span<byte> buffer)
    {
        if (_end is { } end)
        {
            return end;
        }
        int n = _io.Read(_ssl, fd, Earlier, buffer, out int consumed, out int error);
        Consume(consumed);
        TakeSession();
        if (!_io.Output.IsEmpty)
        {
            TakeOutput(fd); // An alert, or the answer to a key update.
        }
        if (error is not (0 or ErrorWantRead))
        {
            _end = EndOf(error);
        }
        return n > 0 ? n : _end ?? -LibC.Eagain;
    }

    public override int Send(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (_sendError != 0)
        {
            return -_sendError;
        }
        if (PendingOutput > 0 && !FlushPending(fd))
        {
            return _sendError != 0 ? -_sendError : -LibC.Eagain;
        }
        int taken = Encrypt(fd, first);
        if (taken == first.Length && PendingOutput == 0)
        {
            taken += Encrypt(fd, second);
        }
        TakeOutput(fd);
        return _sendError != 0 ? -_sendError : taken;
    }

    public override void End(int fd)
    {
        if (!_ended && _sendError == 0)
        {
            _ended = true;
            _ = SSL_shutdown(_ssl);
            TakeOutput(fd);
        }
    }

    public override void Close(int fd, bool whole)
    {
        if (_ssl == 0)
        {
            return;
        }
        if (whole && _failure is null && Details is not null)
        {
            End(fd);
        }
        SSL_free(_ssl);
        ERR_clear_error();
        _io.ClearOutput();
        _ssl = 0;
        Return(ref _earlier);
        Return(ref _pending);
        (_pendingStart, _pendingEnd) = (0, 0);
        GC.KeepAlive(_context);
    }

    private ReadOnlySpan<byte> Earlier => _earlier is null ? [] : _earlier.AsSpan(_earlierStart, _earlierEnd - _earlierStart);

    private void Consume(int count)
    {
        if (_earlier is null)
        {
            return;
        }
        _earlierStart += count;
        if (_earlierStart == _earlierEnd)
        {
            Return(ref _earlier);
        }
    }

    // 0 for a close_notify and for a bare FIN; only the first says that nothing was cut off (RFC 8446 6.1).
    private int EndOf(int error)
    {
        if (error == ErrorZeroReturn)
        {
            return 0;
        }
        _wasCut = true;
        if (_io.SawEnd)
        {
            ERR_clear_error();
            return 0;
        }
        if (_io.ReceiveError != 0)
        {
            ERR_clear_error();
            return -_io.ReceiveError;
        }
        _failure ??= TlsFailure.Take(_ssl, "TLS error: bad record");
        return -LibC.Eproto;
    }

    private void TakeSession()
    {
        if (_io.TakeSession() is not 0 and var session)
        {
            if (_sessions is null)
            {
                SSL_SESSION_free(session);
            }
            else
            {
                _sessions.Put(_context, session);
            }
        }
    }

    // Returns the bytes taken; stops early once the kernel takes no more.
    private int Encrypt(int fd, ReadOnlySpan<byte> data)
    {
        int taken = 0;
        while (taken < data.Length)
        {
            if (_io.Output.Length > OutputHighMark)
            {
                TakeOutput(fd);
                if (PendingOutput > 0 || _sendError != 0)
                {
                    break;
                }
            }
            int n = TlsIo.Write(_ssl, data.Slice(taken, Math.Min(RecordSize, data.Length - taken)));
            if (n <= 0)
            {
                ERR_clear_error();
                _sendError = LibC.Epipe;
                break;
            }
            taken += n;
        }
        return taken;
    }

    // What libssl has written goes to the kernel, behind what waits already.
    private void TakeOutput(int fd)
    {
        ReadOnlySpan<byte> output = _io.Output;
        if (PendingOutput == 0 && !output.IsEmpty && _sendError == 0)
        {
            int sent = SocketCalls.Send(fd, output);
            if (sent < 0 && sent is not (-LibC.Eagain or -LibC.Eintr))
            {
                _sendError = -sent;
            }
            output = output[Math.Max(sent, 0)..];
        }
        if (!output.IsEmpty && _sendError == 0)
        {
            Keep(output);
        }
        _io.ClearOutput();
    }

    private bool FlushPending(int fd)
    {
        int sent = SocketCalls.Send(fd, _pending.AsSpan(_pendingStart, PendingOutput));
        if (sent < 0)
        {
            if (sent is not (-LibC.Eagain or -LibC.Eintr))
            {
                _sendError = -sent;
            }
            return false;
        }
        _pendingStart += sent;
        if (_pendingStart < _pendingEnd)
        {
            return false;
        }
        Return(ref _pending);
        (_pendingStart, _pendingEnd) = (0, 0);
        return true;
    }

    private void Keep(ReadOnlySpan<byte> output)
    {
        int held = PendingOutput;
        if (_pending is null || _pendingEnd + output.Length > _pending.Length)
        {
            byte[] larger = _buffers.Rent(held + output.Length);
            _pending.AsSpan(_pendingStart, held).CopyTo(larger);
            Return(ref _pending);
            (_pending, _pendingStart, _pendingEnd) = (larger, 0, held);
        }
        output.CopyTo(_pending.AsSpan(_pendingEnd));
        _pendingEnd += output.Length;
    }

    private void Return(ref byte[]? buffer)
    {
        if (buffer is { } held)
        {
            buffer = null;
            _buffers.Return(held);
        }
    }
}

/// <summary>Whom a client calls.</summary>
/// <param name="ServerName">SNI; empty: none is sent.</param>
/// <param name="Protocols">ALPN in wire form, in place of the context's; null: the context's.</param>
/// <param name="Sessions">Sessions to resume; null: none.</param>
internal readonly record struct TlsTarget(string ServerName, byte[]? Protocols, TlsSessionCache? Sessions)
{
    /// <summary>A host or address that the certificate must be for, where the context verifies at all; null: any that the context accepts.</summary>
    public string? ExpectedName { get; init; }
}
