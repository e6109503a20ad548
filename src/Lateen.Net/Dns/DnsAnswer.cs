using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Lateen.Net.Dns;

/// <summary>A resource record of an answer: an address, or the name that another name stands for.</summary>
/// <param name="Name">Whose record it is, with the final dot.</param>
/// <param name="TimeToLive">Seconds.</param>
/// <param name="Address">Null for an alias.</param>
/// <param name="Target">Null for an address.</param>
public sealed record DnsRecord(string Name, uint TimeToLive, IPAddress? Address, string? Target)
{
    /// <summary>A, AAAA or CNAME.</summary>
    public ushort Type => Target is not null ? DnsQuestion.Cname
        : Address!.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? DnsQuestion.A : DnsQuestion.Aaaa;
}

/// <summary>Writes answers (RFC 1035 4.1).</summary>
public static class DnsAnswer
{
    /// <summary>RCODE NOERROR.</summary>
    public const int NoError = 0;

    /// <summary>RCODE SERVFAIL.</summary>
    public const int ServerFailure = 2;

    /// <summary>RCODE NXDOMAIN.</summary>
    public const int NameError = 3;

    /// <summary>The answer to a query; what does not fit into the size is left out and the answer is marked as truncated.</summary>
    public static byte[] Write(ReadOnlySpan<byte> query, DnsQuestion question, int code, IReadOnlyList<DnsRecord> records, int maximum)
    {
        using MemoryStream message = new();
        message.Write(query[..question.End]);
        int count = 0;
        bool truncated = false;
        foreach (DnsRecord record in records)
        {
            byte[] bytes = Encode(record);
            if (message.Length + bytes.Length > maximum)
            {
                truncated = true;
                break;
            }
            message.Write(bytes);
            count++;
        }
        byte[] answer = message.ToArray();
        // QR and AA, opcode of a standard query; TC; RD as asked, RA: upstream is asked for what is not here.
        answer[2] = (byte)(0x80 | (code == NoError ? 0x04 : 0) | (truncated ? 0x02 : 0) | (question.RecursionDesired ? 1 : 0));
        answer[3] = (byte)(0x80 | code);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), question.Name.Length == 0 ? (ushort)0 : (ushort)1);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(6), (ushort)count);
        answer.AsSpan(8, 4).Clear();
        return answer;
    }

    private static byte[] Encode(DnsRecord record)
    {
        byte[] data = record.Target is { } target ? NameBytes(target) : record.Address!.GetAddressBytes();
        byte[] name = NameBytes(record.Name);
        byte[] bytes = new byte[name.Length + 10 + data.Length];
        name.CopyTo(bytes, 0);
        Span<byte> rest = bytes.AsSpan(name.Length);
        BinaryPrimitives.WriteUInt16BigEndian(rest, record.Type);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(rest[4..], record.TimeToLive);
        BinaryPrimitives.WriteUInt16BigEndian(rest[8..], (ushort)data.Length);
        data.CopyTo(rest[10..]);
        return bytes;
    }

    private static byte[] NameBytes(string name)
    {
        using MemoryStream bytes = new();
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.WriteByte((byte)label.Length);
            bytes.Write(Encoding.Latin1.GetBytes(label));
        }
        bytes.WriteByte(0);
        return bytes.ToArray();
    }
}
