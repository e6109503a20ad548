using System.Buffers.Binary;
using System.Text;

namespace Lateen.Net.Dns;

/// <summary>The header and the one question of a DNS query (RFC 1035 4.1), with the client's answer size (RFC 6891 6.2.3).</summary>
/// <param name="Id">The query's number.</param>
/// <param name="RecursionDesired">Flag RD.</param>
/// <param name="Name">As asked, with the final dot; empty if there is no question.</param>
/// <param name="Type">QTYPE.</param>
/// <param name="Class">QCLASS.</param>
/// <param name="End">Offset behind the question.</param>
/// <param name="PayloadSize">The longest answer over UDP.</param>
public sealed record DnsQuestion(ushort Id, bool RecursionDesired, string Name, ushort Type, ushort Class, int End, int PayloadSize)
{
    /// <summary>Length of a message's header.</summary>
    public const int HeaderLength = 12;

    /// <summary>The longest answer over UDP where the client says nothing (RFC 1035 2.3.4).</summary>
    public const int MinimumPayload = 512;

    /// <summary>An IPv4 address.</summary>
    public const ushort A = 1;

    /// <summary>The name that a name stands for.</summary>
    public const ushort Cname = 5;

    /// <summary>An IPv6 address.</summary>
    public const ushort Aaaa = 28;

    private const ushort Opt = 41;

    // RFC 1035 2.3.4: 255 octets on the wire, the length bytes included; in text, with a dot behind each label, one less.
    private const int MaximumName = 254, MaximumLabel = 63;

    /// <summary>Null if it is no query that could be answered.</summary>
    public static DnsQuestion? Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderLength || (message[2] & 0x80) != 0)
        {
            return null;
        }
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(message);
        bool recursion = (message[2] & 1) != 0;
        if (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == 0)
        {
            return new DnsQuestion(id, recursion, "", 0, 0, HeaderLength, MinimumPayload);
        }
        int at = HeaderLength;
        StringBuilder name = new();
        // No pointers: a first name has nothing to point back to (RFC 1035 4.1.4).
        while (true)
        {
            if (at >= message.Length || message[at] > MaximumLabel)
            {
                return null;
            }
            int length = message[at++];
            if (length == 0)
            {
                break;
            }
            if (at + length > message.Length || name.Length + length + 1 > MaximumName)
            {
                return null;
            }
            name.Append(Encoding.Latin1.GetString(message.Slice(at, length))).Append('.');
            at += length;
        }
        if (at + 4 > message.Length)
        {
            return null;
        }
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]), cls = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]);
        at += 4;
        return new DnsQuestion(id, recursion, name.Length == 0 ? "." : name.ToString(), type, cls, at, Payload(message, at));
    }

    // The OPT record of a query stands in the additional section, after nothing else: root name, type, payload size as class.
    private static int Payload(ReadOnlySpan<byte> message, int at) =>
        BinaryPrimitives.ReadUInt16BigEndian(message[6..]) == 0 && BinaryPrimitives.ReadUInt16BigEndian(message[8..]) == 0
            && at + 5 <= message.Length && message[at] == 0 && BinaryPrimitives.ReadUInt16BigEndian(message[(at + 1)..]) == Opt
            ? Math.Max((int)BinaryPrimitives.ReadUInt16BigEndian(message[(at + 3)..]), MinimumPayload) : MinimumPayload;
}
