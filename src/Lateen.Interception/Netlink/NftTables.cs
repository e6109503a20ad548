using System.Buffers.Binary;
using System.Text;
using Lateen.Interception.Options;

namespace Lateen.Interception.Netlink;

/// <summary>A chain of nf_tables.</summary>
/// <param name="IsBase">Whether it hangs on a hook.</param>
/// <param name="Uses">Rules in it and jumps to it.</param>
/// <param name="Accepts">Whether its policy is accept.</param>
internal sealed record NftChain(string Name, bool IsBase, uint Uses, bool Accepts);

/// <summary>Which tables and chains nf_tables holds (nfnetlink, linux/netfilter/nf_tables.h).</summary>
internal static class NftTables
{
    private const int NotPermitted = 1;
    private const int FixedLength = 4;
    private const int TableName = 1;
    private const int ChainTable = 1;
    private const int ChainName = 3;
    private const int ChainHook = 4;
    private const int ChainPolicy = 5;
    private const int ChainUse = 6;

    /// <summary>Names of the tables of an IP version; null where the kernel has no nf_tables, or does not let us look.</summary>
    public static IReadOnlyList<string>? Names(IpVersion version) => Dump(NftBatch.GetTable, version) is { } tables
        ? [.. tables.SelectMany(t => NetlinkSocket.Attributes(t, FixedLength)).Where(a => a.Type == TableName).Select(a => Name(a.Value))]
        : null;

    /// <summary>The chains of a table.</summary>
    public static IReadOnlyList<NftChain> Chains(IpVersion version, string table)
    {
        List<NftChain> chains = [];
        foreach (byte[] answer in Dump(NftBatch.GetChain, version) ?? [])
        {
            Dictionary<int, byte[]> attributes = [];
            foreach (NetlinkAttribute attribute in NetlinkSocket.Attributes(answer, FixedLength))
            {
                attributes[attribute.Type] = attribute.Value;
            }

            if (Name(attributes[ChainTable]) == table)
            {
                chains.Add(new NftChain(
                    Name(attributes[ChainName]),
                    attributes.ContainsKey(ChainHook),
                    Number(attributes, ChainUse),
                    Number(attributes, ChainPolicy) == 1));
            }
        }

        return chains;
    }

    private static uint Number(Dictionary<int, byte[]> attributes, int type) =>
        attributes.TryGetValue(type, out byte[]? value) && value.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(value) : 0;

    private static string Name(byte[] value) => Encoding.UTF8.GetString(value).TrimEnd('\0');

    /// <summary>Whether the kernel has nf_tables, be it that it does not let us look.</summary>
    public static bool IsThere() => Ask(Request(NftBatch.GetTable, IpVersion.V4), []) is 0 or NotPermitted;

    private static List<byte[]>? Dump(ushort type, IpVersion version)
    {
        List<byte[]> answers = [];
        return Ask(Request(type, version), answers) == 0 ? answers : null;
    }

    private static byte[] Request(ushort type, IpVersion version) => new NetlinkMessage()
        .Begin(type, NetlinkMessage.Request | NetlinkMessage.Dump, 1, [NftBatch.Family(version), 0, 0, 0])
        .ToArray();

    private static int Ask(byte[] request, List<byte[]> answers)
    {
        using NetlinkSocket? socket = NetlinkSocket.Open(NetlinkSocket.Netfilter);
        return socket?.Ask(request, answers) ?? -1;
    }
}
