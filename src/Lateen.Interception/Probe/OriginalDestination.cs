using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Lateen.Interception.Probe;

/// <summary>Where a redirected connection was going: SO_ORIGINAL_DST (linux/netfilter_ipv4.h) and its IPv6 sibling.</summary>
public static class OriginalDestination
{
    private const int LevelIp = 0;
    private const int LevelIpv6 = 41;
    private const int SoOriginalDst = 80;

    /// <summary>The first destination; null where the connection was not redirected.</summary>
    public static IPEndPoint? Of(Socket accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        bool v6 = accepted.AddressFamily == AddressFamily.InterNetworkV6;
        Span<byte> address = stackalloc byte[28];
        try
        {
            accepted.GetRawSocketOption(v6 ? LevelIpv6 : LevelIp, SoOriginalDst, address);
        }
        catch (SocketException)
        {
            return null;
        }

        return new IPEndPoint(new IPAddress(v6 ? address.Slice(8, 16) : address.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
    }
}
