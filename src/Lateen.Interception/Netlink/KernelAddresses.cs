using System.Net;
using System.Net.Sockets;

namespace Lateen.Interception.Netlink;

/// <summary>Addresses of this network namespace's interfaces (rtnetlink RTM_GETADDR).</summary>
public static class KernelAddresses
{
    private const ushort GetAddress = 22;
    private const int FixedLength = 8;
    private const int AttributeAddress = 1;
    private const int AttributeLocal = 2;

    /// <summary>Addresses that other machines can reach: neither loopback nor link-local.</summary>
    public static IReadOnlyList<IPAddress> Usable()
    {
        using NetlinkSocket? socket = NetlinkSocket.Open(NetlinkSocket.Route);
        if (socket is null)
        {
            return [];
        }

        List<byte[]> answers = [];
        socket.Ask(new NetlinkMessage().Begin(GetAddress, NetlinkMessage.Request | NetlinkMessage.Dump, 1, new byte[FixedLength]).ToArray(), answers);
        List<IPAddress> addresses = [];
        foreach (byte[] answer in answers)
        {
            var attributes = NetlinkSocket.Attributes(answer, FixedLength).ToList();

            // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL is ours.
            byte[]? bytes = attributes.Find(a => a.Type == AttributeLocal)?.Value ?? attributes.Find(a => a.Type == AttributeAddress)?.Value;
            if (bytes is { Length: 4 or 16 } && new IPAddress(bytes) is var address && IsUsable(address))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    private static bool IsUsable(IPAddress address) => !IPAddress.IsLoopback(address)
        && !address.IsIPv6LinkLocal
        && !address.IsIPv6Multicast
        && !(address.AddressFamily == AddressFamily.InterNetworkV6 && address.GetAddressBytes() is [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6])
        && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..] or [127, ..]);
}
