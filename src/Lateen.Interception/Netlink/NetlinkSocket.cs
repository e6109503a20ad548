using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lateen.Interception.Netlink;

/// <summary>A netlink socket of the calling thread's network namespace.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    public const int Route = 0;
    public const int Netfilter = 12;

    private const ushort TypeError = 2;
    private const ushort TypeDone = 3;
    private readonly int _fd;

    private NetlinkSocket(int fd) => _fd = fd;

    /// <summary>Opens a socket; null where the kernel has no such protocol.</summary>
    public static NetlinkSocket? Open(int protocol)
    {
        int fd = Libc.Socket(Libc.AddressFamilyNetlink, Libc.SocketRaw | Libc.SocketCloseOnExec, protocol);
        return fd < 0 ? null : new NetlinkSocket(fd);
    }

    /// <summary>Sends one request and returns its answers' bodies (fixed part and attributes); errno is 0 where it went well.</summary>
    public int Ask(byte[] request, List<byte[]> answers)
    {
        if (Libc.Send(_fd, request, request.Length, 0) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        byte[] buffer = new byte[65536];
        while (true)
        {
            int length = (int)Libc.Receive(_fd, buffer, buffer.Length, 0);
            if (length < 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            for (int at = 0; at + 16 <= length;)
            {
                int size = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at));
                ushort type = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 4));
                if (size < 16 || type == TypeDone)
                {
                    return 0;
                }

                if (type == TypeError)
                {
                    return -BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + 16));
                }

                answers.Add(buffer.AsSpan(at + 16, size - 16).ToArray());
                at += (size + 3) & ~3;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Close(_fd);

    /// <summary>The attributes after a fixed part.</summary>
    public static IEnumerable<NetlinkAttribute> Attributes(byte[] body, int fixedLength)
    {
        for (int at = fixedLength; at + 4 <= body.Length;)
        {
            int size = BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at));
            if (size < 4 || at + size > body.Length)
            {
                yield break;
            }

            yield return new NetlinkAttribute(BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at + 2)) & 0x3fff, body[(at + 4)..(at + size)]);
            at += (size + 3) & ~3;
        }
    }
}

/// <summary>An attribute of a message.</summary>
internal sealed record NetlinkAttribute(int Type, byte[] Value);
