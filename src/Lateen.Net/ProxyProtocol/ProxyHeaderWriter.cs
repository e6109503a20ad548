using System.Buffers.Binary;
using System.Net;
using System.Text;
using Lateen.Net.Sockets;

namespace Lateen.Net.ProxyProtocol;

/// <summary>Writes PROXY headers (HAProxy, "The PROXY protocol", 2.1 and 2.2). Once per connection: it may allocate.</summary>
internal static class ProxyHeaderWriter
{
    private const int FixedLength = 16;

    /// <summary>Version 1; without addresses the sender says that it knows none.</summary>
    public static byte[] WriteLine(in IpEndpoint source, in IpEndpoint destination)
    {
        if (!source.IsValid || !destination.IsValid)
        {
            return "PROXY UNKNOWN\r\n"u8.ToArray();
        }
        bool isIpv6 = source.IsIpv6 || destination.IsIpv6;
        return Encoding.ASCII.GetBytes(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"PROXY {(isIpv6 ? "TCP6" : "TCP4")} {Address(source, isIpv6)} {Address(destination, isIpv6)} {source.Port} {destination.Port}\r\n"));
    }

    /// <summary>Version 2; without addresses it is LOCAL: the sender speaks for itself.</summary>
    /// <param name="source">The client; the default value if there is none.</param>
    /// <param name="destination">Where the client wanted to go.</param>
    /// <param name="records">Records to pass on; what would not fit the 16-bit length is left out.</param>
    public static byte[] WriteBinary(in IpEndpoint source, in IpEndpoint destination, ProxyRecords? records)
    {
        if (!source.IsValid || !destination.IsValid)
        {
            return [.. ProxyHeaderReader.Signature, 0x20, 0, 0, 0];
        }
        bool isIpv6 = source.IsIpv6 || destination.IsIpv6;
        int size = isIpv6 ? 16 : 4;
        ReadOnlySpan<byte> more = records is null || records.Bytes.Length + (2 * size) + 4 > ushort.MaxValue ? [] : records.Bytes;
        int length = (2 * size) + 4 + more.Length;
        byte[] header = new byte[FixedLength + length];
        ProxyHeaderReader.Signature.CopyTo(header);
        header[12] = 0x21;
        header[13] = (byte)(isIpv6 ? 0x21 : 0x11);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)length);
        Span<byte> body = header.AsSpan(FixedLength);
        Address(source, isIpv6).TryWriteBytes(body, out _);
        Address(destination, isIpv6).TryWriteBytes(body[size..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(body[(2 * size)..], source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(body[((2 * size) + 2)..], destination.Port);
        more.CopyTo(body[((2 * size) + 4)..]);
        return header;
    }

    // One family for both: an IPv4 address beside an IPv6 one is written as mapped.
    private static IPAddress Address(in IpEndpoint endpoint, bool isIpv6) =>
        isIpv6 ? endpoint.ToAddress().MapToIPv6() : endpoint.ToAddress();
}
