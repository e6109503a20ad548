using System.Buffers.Binary;
using System.Text;

namespace Lateen.Sandbox.Dns;

/// <summary>Reads questions and writes answers (RFC 1035 4.1).</summary>
/// <remarks>Reads nothing but what a server needs: the header, the first question, and the size that EDNS offers.</remarks>
internal static class DnsMessage
{
    /// <summary>Seconds that an answer of the cluster may be kept.</summary>
    public const int TimeToLive = 5;

    private const int HeaderLength = 12;
    // RFC 1035 2.3.4: 255 octets on the wire; in text, without the final dot, two less.
    private const int MaximumName = 253;

    /// <summary>The question of a request; null when the message is no request with one well-formed question.</summary>
    /// <param name="size">The largest answer that fits into a datagram to the asker, in bytes.</param>
    public static DnsQuestion? ReadQuestion(ReadOnlySpan<byte> message, out int size)
    {
        size = 512;
        if (message.Length < HeaderLength
            || (message[2] & 0x80) != 0
            || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1
            || QuestionEnd(message, out string name) is not { } end)
        {
            return null;
        }

        size = EdnsSize(message, end) is { } offered ? Math.Clamp((int)offered, 512, 4096) : 512;
        return new DnsQuestion(name, (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[(end - 4)..]));
    }

    /// <summary>The answer to a request.</summary>
    /// <param name="request">A message that <see cref="ReadQuestion"/> could read.</param>
    /// <param name="answer">What to say.</param>
    /// <param name="zone">The zone that says it, named in answers without records (RFC 2308).</param>
    /// <param name="limit">The largest message; longer ones are cut and marked as truncated.</param>
    public static byte[] WriteAnswer(ReadOnlySpan<byte> request, DnsAnswer answer, string zone, int limit)
    {
        int end = QuestionEnd(request, out _) ?? HeaderLength;
        MemoryStream message = new();
        message.Write(request[..end]);
        int answers = 0;
        bool truncated = false;
        foreach (DnsRecord record in answer.Records)
        {
            truncated |= !TryWrite(message, record, limit);
            answers += truncated ? 0 : 1;
        }

        int authority = 0;
        if (answer.Records.Count == 0 && answer.Code is DnsCode.Success or DnsCode.NoSuchName)
        {
            WriteStartOfAuthority(message, zone);
            authority = 1;
        }

        int additional = answer.Additional.TakeWhile(record => !truncated && TryWrite(message, record, limit)).Count();
        byte[] bytes = message.ToArray();
        // QR, the request's opcode and RD, AA, TC; RA and RCODE (RFC 1035 4.1.1).
        bytes[2] = (byte)(0x84 | (request[2] & 0x79) | (truncated ? 0x02 : 0));
        bytes[3] = (byte)(0x80 | (int)answer.Code);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)answers);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), (ushort)authority);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), (ushort)additional);
        return bytes;
    }

    /// <summary>A failure as answer; works for any message that has a header.</summary>
    public static byte[] WriteFailure(ReadOnlySpan<byte> request, DnsCode code)
    {
        int end = QuestionEnd(request, out _) ?? HeaderLength;
        byte[] bytes = request[..end].ToArray();
        bytes[2] = (byte)(0x80 | (request[2] & 0x79));
        bytes[3] = (byte)(0x80 | (int)code);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)(end > HeaderLength ? 1 : 0));
        bytes.AsSpan(6, 6).Clear();
        return bytes;
    }

    private static bool TryWrite(MemoryStream message, DnsRecord record, int limit)
    {
        long start = message.Length;
        Write(message, record);
        if (message.Length <= limit)
        {
            return true;
        }

        message.SetLength(start);
        return false;
    }

    private static void Write(MemoryStream message, DnsRecord record)
    {
        MemoryStream data = new();
        switch (record)
        {
            case AddressRecord address:
                data.Write(address.Address.GetAddressBytes());
                break;
            case NameRecord name:
                WriteName(data, name.Target);
                break;
            case ServiceRecord service:
                WriteNumber(data, (ushort)service.Priority);
                WriteNumber(data, (ushort)service.Weight);
                WriteNumber(data, (ushort)service.Port);
                WriteName(data, service.Target);
                break;
        }

        WriteHead(message, record.Name, record.Type, (int)data.Length);
        data.WriteTo(message);
    }

    private static void WriteStartOfAuthority(MemoryStream message, string zone)
    {
        MemoryStream data = new();
        WriteName(data, "ns.dns." + zone);
        WriteName(data, "hostmaster." + zone);
        // Serial, refresh, retry, expire, and how long "no" may be kept (RFC 2308 4).
        foreach (uint value in (ReadOnlySpan<uint>)[1, 7200, 1800, 86400, TimeToLive])
        {
            WriteNumber(data, (ushort)(value >> 16));
            WriteNumber(data, (ushort)value);
        }

        WriteHead(message, zone, DnsType.Soa, (int)data.Length);
        data.WriteTo(message);
    }

    private static void WriteHead(MemoryStream message, string name, DnsType type, int length)
    {
        WriteName(message, name);
        WriteNumber(message, (ushort)type);
        WriteNumber(message, 1);
        WriteNumber(message, 0);
        WriteNumber(message, TimeToLive);
        WriteNumber(message, (ushort)length);
    }

    private static void WriteNumber(MemoryStream message, ushort value)
    {
        message.WriteByte((byte)(value >> 8));
        message.WriteByte((byte)value);
    }

    private static void WriteName(MemoryStream message, string name)
    {
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] bytes = Encoding.ASCII.GetBytes(label);
            message.WriteByte((byte)Math.Min(bytes.Length, 63));
            message.Write(bytes.AsSpan(0, Math.Min(bytes.Length, 63)));
        }

        message.WriteByte(0);
    }

    // Where the first question ends; null when it is malformed. A question's name is never compressed: there is nothing before it.
    private static int? QuestionEnd(ReadOnlySpan<byte> message, out string name)
    {
        name = "";
        StringBuilder text = new();
        int at = HeaderLength;
        while (at < message.Length && message[at] != 0)
        {
            int length = message[at];
            if (length > 63 || at + 1 + length >= message.Length || text.Length + (text.Length > 0 ? 1 : 0) + length > MaximumName)
            {
                return null;
            }

            text.Append(text.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(message.Slice(at + 1, length)));
            at += 1 + length;
        }

        name = text.ToString().ToLowerInvariant();
        return at + 5 <= message.Length ? at + 5 : null;
    }

    // RFC 6891 6.1.2: the OPT record's class is the size that the asker takes. It stands right after the question in requests.
    private static ushort? EdnsSize(ReadOnlySpan<byte> message, int end) =>
        message.Length >= end + 11 && message[end] == 0 && BinaryPrimitives.ReadUInt16BigEndian(message[(end + 1)..]) == (ushort)DnsType.Opt
            ? BinaryPrimitives.ReadUInt16BigEndian(message[(end + 3)..])
            : null;
}
