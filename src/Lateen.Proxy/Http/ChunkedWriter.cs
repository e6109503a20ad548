using Lateen.Net.Http1;
using Lateen.Net.Sockets;

namespace Lateen.Proxy.Http;

/// <summary>Writes the chunked coding with framing of our own.</summary>
internal static class ChunkedWriter
{
    public static void Write(StreamSocket socket, ReadOnlySpan<byte> data, bool endStream)
    {
        if (!socket.IsOpen)
        {
            return;
        }
        if (!data.IsEmpty)
        {
            Span<byte> size = stackalloc byte[18];
            data.Length.TryFormat(size, out int digits, "x");
            "\r\n"u8.CopyTo(size[digits..]);
            socket.Write(size[..(digits + 2)]);
            socket.Write(data);
            socket.Write(endStream ? "\r\n0\r\n\r\n"u8 : "\r\n"u8);
        }
        else if (endStream)
        {
            socket.Write("0\r\n\r\n"u8);
        }
    }

    /// <summary>The last chunk, with trailer fields if there are any (RFC 9112 7.1.2).</summary>
    public static void End(StreamSocket socket, MessageHead? trailers)
    {
        if (!socket.IsOpen)
        {
            return;
        }
        socket.Write("0\r\n"u8);
        if (trailers is not null)
        {
            socket.Commit(trailers.WriteFields(socket.Reserve(trailers.FieldBytesBound)));
        }
        socket.Write("\r\n"u8);
    }
}
