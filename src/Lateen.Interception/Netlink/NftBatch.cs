using Lateen.Interception.Options;

namespace Lateen.Interception.Netlink;

/// <summary>Changes to nf_tables that happen all or not at all (NFNL_MSG_BATCH_BEGIN to _END).</summary>
internal sealed class NftBatch(IpVersion version)
{
    public const ushort GetTable = Subsystem | 1;
    public const ushort GetChain = Subsystem | 4;

    private const ushort Subsystem = 10 << 8;
    private const ushort NewTable = Subsystem;
    private const ushort DelTable = Subsystem | 2;
    private const ushort NewChain = Subsystem | 3;
    private const ushort DelChain = Subsystem | 5;
    private const ushort BatchBegin = 0x10;
    private const ushort BatchEnd = 0x11;
    private const ushort TableName = 1;
    private const ushort ChainTable = 1;
    private const ushort ChainName = 3;

    private readonly List<(ushort Type, ushort Flags, Action<NetlinkMessage> Attributes)> _changes = [];

    /// <summary>The address family number of an IP version: AF_INET or AF_INET6.</summary>
    public static byte Family(IpVersion version) => version == IpVersion.V4 ? (byte)2 : (byte)10;

    public void AddTable(string name) =>
        _changes.Add((NewTable, NetlinkMessage.Create, m => m.Attribute(TableName, name)));

    /// <summary>Not recursive: the kernel refuses while there are chains in it.</summary>
    public void DeleteTable(string name, bool recursive) =>
        _changes.Add((DelTable, recursive ? (ushort)0 : NetlinkMessage.NonRecursive, m => m.Attribute(TableName, name)));

    public void AddChain(string table, string name) =>
        _changes.Add((NewChain, NetlinkMessage.Create, m => m.Attribute(ChainTable, table).Attribute(ChainName, name)));

    /// <summary>The kernel refuses while there are rules in it.</summary>
    public void DeleteChain(string table, string name) =>
        _changes.Add((DelChain, NetlinkMessage.NonRecursive, m => m.Attribute(ChainTable, table).Attribute(ChainName, name)));

    /// <summary>Makes the changes; 0 or the first error number.</summary>
    public int Commit()
    {
        if (_changes.Count == 0)
        {
            return 0;
        }

        using NetlinkSocket? socket = NetlinkSocket.Open(NetlinkSocket.Netfilter);
        byte family = Family(version);
        uint sequence = 1;
        NetlinkMessage message = new();

        // The resource id of the frame is the subsystem, in network order.
        message.Begin(BatchBegin, NetlinkMessage.Request, sequence++, [0, 0, 0, Subsystem >> 8]);
        foreach ((ushort type, ushort flags, Action<NetlinkMessage> attributes) in _changes)
        {
            // Only the last change is acknowledged: an error in an earlier one comes first in any case.
            ushort acknowledge = sequence == _changes.Count + 1 ? NetlinkMessage.Acknowledge : (ushort)0;
            message.Begin(type, (ushort)(NetlinkMessage.Request | flags | acknowledge), sequence++, [family, 0, 0, 0]);
            attributes(message);
        }

        message.Begin(BatchEnd, NetlinkMessage.Request, sequence, [0, 0, 0, Subsystem >> 8]);
        return socket?.Ask(message.ToArray(), []) ?? -1;
    }
}
