using System.Text;
using Lateen.Interception.Options;

namespace Lateen.Interception.Netlink;

/// <summary>Which nf_tables tables there are (nfnetlink NFT_MSG_GETTABLE).</summary>
internal static class NftTables
{
    private const ushort GetTable = (10 << 8) | 1;
    private const int FixedLength = 4;
    private const int AttributeName = 1;

    /// <summary>Names of the tables of an IP version; null where the kernel has no nf_tables, or does not let us look.</summary>
    public static IReadOnlyList<string>? Names(IpVersion version)
    {
        using NetlinkSocket? socket = NetlinkSocket.Open(NetlinkSocket.Netfilter);
        if (socket is null)
        {
            return null;
        }

        byte family = version == IpVersion.V4 ? (byte)2 : (byte)10;
        List<byte[]> answers = [];
        int error = socket.Ask(
            new NetlinkMessage().Begin(GetTable, NetlinkMessage.Request | NetlinkMessage.Dump, 1, [family, 0, 0, 0]).ToArray(), answers);
        return error != 0
            ? null
            : [.. answers.SelectMany(a => NetlinkSocket.Attributes(a, FixedLength)).Where(a => a.Type == AttributeName).Select(a => Encoding.UTF8.GetString(a.Value).TrimEnd('\0'))];
    }
}
