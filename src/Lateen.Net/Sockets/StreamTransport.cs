namespace Lateen.Net.Sockets;

/// <summary>How far a transport's handshake is.</summary>
internal enum HandshakeState
{
    /// <summary>Waits for an event of the socket.</summary>
    Pending,

    Done,

    /// <summary><see cref="StreamTransport.Failure"/> says why.</summary>
    Failed,
}

/// <summary>What stands between a <see cref="StreamSocket"/>'s bytes and the kernel's: TLS. Lives on the socket's loop.</summary>
/// <remarks>
/// The codecs above read and write plain bytes and never look at this. Its calls keep the shape of recv and send, so that the corking, the
/// back-pressure and the edge-triggered reading of <see cref="StreamSocket"/> hold as they are: a <see cref="Receive"/> that fills less than
/// the buffer has left nothing behind unless <see cref="HasBufferedInput"/> says so.
/// </remarks>
internal abstract class StreamTransport
{
    /// <summary>What stands there once the handshake is done; null: nothing any more.</summary>
    public virtual StreamTransport? Settled => this;

    /// <summary>Bytes made from output that the kernel has not taken yet.</summary>
    public abstract int PendingOutput { get; }

    /// <summary>An end or an error was read and not yet told.</summary>
    public abstract bool HasBufferedInput { get; }

    /// <summary>The protocol agreed on by ALPN, empty without.</summary>
    public abstract string Protocol { get; }

    /// <summary>Why the handshake or the stream failed, in Envoy's words (%UPSTREAM_TRANSPORT_FAILURE_REASON%); null while it has not.</summary>
    public abstract string? Failure { get; }

    /// <summary>The stream ended without the peer's word that this was all (TLS: no close_notify).</summary>
    public abstract bool WasCut { get; }

    /// <summary>Goes on with the handshake as far as the socket lets it.</summary>
    public abstract HandshakeState Handshake(int fd);

    /// <summary>Plain bytes read; 0 at the end of the stream; minus the error number otherwise (-EAGAIN: nothing there yet).</summary>
    public abstract int Receive(int fd, Span<byte> buffer);

    /// <summary>
    /// Plain bytes taken of both, which is fewer than given only while <see cref="PendingOutput"/> waits for the kernel; minus the error number
    /// otherwise (-EAGAIN: none taken). With two empty spans it only sends what is pending.
    /// </summary>
    public abstract int Send(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second);

    /// <summary>Says that no more will be sent, in the transport's own way (TLS: close_notify).</summary>
    public abstract void End(int fd);

    /// <summary>Frees what it holds; the descriptor is closed by the caller right after.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="whole">Everything was sent, so the peer may be told that this is the end.</param>
    public abstract void Close(int fd, bool whole);
}
