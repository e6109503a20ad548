using Lateen.Net.Sockets;

namespace Lateen.Net.ProxyProtocol;

/// <summary>Sends a PROXY header as the first bytes of a connection, before the inner transport's handshake, and then steps aside.</summary>
internal sealed class ProxyHeaderTransport(byte[] header, StreamTransport? inner) : StreamTransport
{
    private int _sent;
    private int _error;

    public override StreamTransport? Settled => inner;

    public override int PendingOutput => inner?.PendingOutput ?? 0;

    public override bool HasBufferedInput => inner is { HasBufferedInput: true };

    public override string Protocol => inner?.Protocol ?? "";

    public override string? Failure => _error != 0 ? "PROXY header not sent: " + LibC.ErrorText(_error) : inner?.Failure;

    public override bool WasCut => inner is { WasCut: true };

    public override HandshakeState Handshake(int fd)
    {
        while (_sent < header.Length)
        {
            int n = SocketCalls.Send(fd, header.AsSpan(_sent));
            if (n == -LibC.Eintr)
            {
                continue;
            }
            if (n < 0)
            {
                _error = n == -LibC.Eagain ? 0 : -n;
                return n == -LibC.Eagain ? HandshakeState.Pending : HandshakeState.Failed;
            }
            _sent += n;
        }
        return inner?.Handshake(fd) ?? HandshakeState.Done;
    }

    // The socket goes over to the inner transport once the handshake is done; until then nothing is read or written through this.
    public override int Receive(int fd, Span<byte> buffer) => inner?.Receive(fd, buffer) ?? SocketCalls.Receive(fd, buffer);

    public override int Send(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        inner?.Send(fd, first, second) ?? SocketCalls.Send(fd, first, second);

    public override void End(int fd) => inner?.End(fd);

    public override void Close(int fd, bool whole) => inner?.Close(fd, whole);
}
