using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Lateen.Agent.Dns;

/// <summary>Asks the servers of resolv.conf in their order, over the client's own protocol, five seconds each.</summary>
/// <remarks>The agent runs as user 1337, whose queries the rules do not redirect, so this does not come back to itself.</remarks>
internal sealed class DnsUpstream(IReadOnlyList<IPEndPoint> servers) : IDnsUpstream
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async ValueTask<byte[]?> AskAsync(ReadOnlyMemory<byte> query, bool overTcp, int maximum, CancellationToken cancellation)
    {
        foreach (IPEndPoint server in servers)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Limit);
            try
            {
                byte[]? answer = overTcp ? await TcpAsync(server, query, limit.Token).ConfigureAwait(false)
                    : await UdpAsync(server, query, maximum, limit.Token).ConfigureAwait(false);
                if (answer is not null)
                {
                    return answer;
                }
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                // The next server is asked.
            }
        }
        return null;
    }

    private static async Task<byte[]?> UdpAsync(IPEndPoint server, ReadOnlyMemory<byte> query, int maximum, CancellationToken cancellation)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        await socket.SendAsync(query, cancellation).ConfigureAwait(false);
        byte[] buffer = new byte[ushort.MaxValue];
        while (true)
        {
            int n = await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            // Anybody may send to this port; only the answer to this query counts (RFC 5452 9.1).
            if (n >= 12 && buffer.AsSpan(0, 2).SequenceEqual(query.Span[..2]))
            {
                return n <= maximum ? buffer[..n] : null;
            }
        }
    }

    private static async Task<byte[]?> TcpAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellation)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        using NetworkStream stream = new(socket);
        await DnsStream.WriteAsync(stream, query, cancellation).ConfigureAwait(false);
        return await DnsStream.ReadAsync(stream, cancellation).ConfigureAwait(false);
    }
}

/// <summary>Messages over TCP, each after its length (RFC 1035 4.2.2).</summary>
internal static class DnsStream
{
    /// <summary>Null at the end of the stream.</summary>
    public static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] length = new byte[2];
        if (await stream.ReadAtLeastAsync(length, 2, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) < 2)
        {
            return null;
        }
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) == message.Length
            ? message : null;
    }

    public static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        byte[] framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancellation).ConfigureAwait(false);
    }
}
