using System.Net;
using Lateen.Interception.Options;

namespace Lateen.Interception.Netlink;

/// <summary>
/// What TPROXY needs besides rules: marked packets are looked up in a table of their own whose only route says "local". And the source address of the
/// sidecar's connections to an IPv6 application, ::6 on lo (127.0.0.6 needs none: all of 127/8 is local).
/// </summary>
internal static class PolicyRouting
{
    private const ushort NewAddress = 20;
    private const ushort DelAddress = 21;
    private const ushort NewRoute = 24;
    private const ushort DelRoute = 25;
    private const ushort NewRule = 32;
    private const ushort DelRule = 33;
    private const uint LoopbackIndex = 1;
    private const byte RouteLocal = 2;
    private const byte ScopeHost = 254;
    private const byte ScopeUniverse = 0;
    private const byte ProtocolBoot = 3;
    private const byte ActionToTable = 1;
    private const ushort RouteOutInterface = 4;
    private const ushort RouteTable = 15;
    private const ushort RuleMark = 10;
    private const ushort RuleTable = 15;
    private const int Exists = 17;
    private const int NoSuchEntry = 2;
    private const int NoSuchProcess = 3;
    private const int NoSuchAddress = 99;

    /// <summary>ip rule add fwmark MARK lookup TABLE; ip route add local default dev lo table TABLE. 0 or an error number; what is there already is fine.</summary>
    public static int Add(IpVersion version, uint mark, uint table)
    {
        // The rule is not unique for the kernel: a second one would be added, so an equal one is taken away first.
        Rule(DelRule, 0, version, mark, table);
        int error = Rule(NewRule, NetlinkMessage.Create, version, mark, table);
        return error != 0 ? error : Ignore(Route(NewRoute, NetlinkMessage.Create | NetlinkMessage.Exclusive, version, table), Exists);
    }

    /// <summary>Takes both away; what is not there is fine.</summary>
    public static int Remove(IpVersion version, uint mark, uint table)
    {
        int rule = Ignore(Rule(DelRule, 0, version, mark, table), NoSuchEntry);
        int route = Ignore(Route(DelRoute, 0, version, table), NoSuchProcess);
        return rule != 0 ? rule : route;
    }

    /// <summary>::6/128 on lo.</summary>
    public static int AddPassthroughAddress() => Ignore(Address(NewAddress, NetlinkMessage.Create | NetlinkMessage.Exclusive), Exists);

    /// <summary>Takes ::6/128 away.</summary>
    public static int RemovePassthroughAddress() => Ignore(Address(DelAddress, 0), NoSuchAddress);

    private static int Ignore(int error, int harmless) => error == harmless ? 0 : error;

    private static int Rule(ushort type, ushort flags, IpVersion version, uint mark, uint table) => Ask(new NetlinkMessage()
        .Begin(type, (ushort)(NetlinkMessage.Request | NetlinkMessage.Acknowledge | flags), 1,
            [NftBatch.Family(version), 0, 0, 0, SmallTable(table), 0, 0, ActionToTable, 0, 0, 0, 0])
        .Attribute(RuleMark, mark)
        .Attribute(RuleTable, table));

    private static int Route(ushort type, ushort flags, IpVersion version, uint table) => Ask(new NetlinkMessage()
        .Begin(type, (ushort)(NetlinkMessage.Request | NetlinkMessage.Acknowledge | flags), 1,
            [NftBatch.Family(version), 0, 0, 0, SmallTable(table), ProtocolBoot, version == IpVersion.V4 ? ScopeHost : ScopeUniverse, RouteLocal, 0, 0, 0, 0])
        .Attribute(RouteTable, table)
        .Attribute(RouteOutInterface, LoopbackIndex));

    private static int Address(ushort type, ushort flags)
    {
        byte[] address = IPAddress.Parse("::6").GetAddressBytes();
        return Ask(new NetlinkMessage()
            .Begin(type, (ushort)(NetlinkMessage.Request | NetlinkMessage.Acknowledge | flags), 1,
                [NftBatch.Family(IpVersion.V6), 128, 0, 0, (byte)LoopbackIndex, 0, 0, 0])
            .Attribute(1, address)
            .Attribute(2, address));
    }

    /// <summary>The header has a byte for the table; larger numbers stand in the attribute only.</summary>
    private static byte SmallTable(uint table) => table < 256 ? (byte)table : (byte)0;

    private static int Ask(NetlinkMessage message)
    {
        using NetlinkSocket? socket = NetlinkSocket.Open(NetlinkSocket.Route);
        return socket?.Ask(message.ToArray(), []) ?? -1;
    }
}
