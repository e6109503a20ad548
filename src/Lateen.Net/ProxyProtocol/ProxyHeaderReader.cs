using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using Lateen.Net.Sockets;

namespace Lateen.Net.ProxyProtocol;

/// <summary>Reads a PROXY header of version 1 or 2 off the front of a stream: one pure function over the bytes so far.</summary>
/// <remarks>
/// HAProxy, "The PROXY protocol", 2.1 and 2.2. A verdict other than incomplete stays the same whatever follows. Strict where the text is: one
/// blank between the words of version 1, no leading zeros, CR LF at the end of at most 107 bytes.
/// </remarks>
internal static class ProxyHeaderReader
{
    /// <summary>The longest line of version 1, its end included.</summary>
    public const int LongestLine = 107;

    private const int FixedLength = 16, Ipv4Length = 12, Ipv6Length = 36;

    private static readonly SearchValues<byte> InIpv6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>What version 2 begins with.</summary>
    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Word => "PROXY "u8;

    public static ProxyHeaderStatus Read(ReadOnlySpan<byte> data, out ProxyHeader header)
    {
        header = default;
        if (BeginsLike(data, Word))
        {
            return data.Length < Word.Length ? ProxyHeaderStatus.Incomplete : ReadLine(data, out header);
        }
        if (BeginsLike(data, Signature))
        {
            return data.Length < FixedLength ? ProxyHeaderStatus.Incomplete : ReadBinary(data, out header);
        }
        return ProxyHeaderStatus.Absent;
    }

    private static bool BeginsLike(ReadOnlySpan<byte> data, ReadOnlySpan<byte> start)
    {
        int n = Math.Min(data.Length, start.Length);
        return data[..n].SequenceEqual(start[..n]);
    }

    private static ProxyHeaderStatus ReadLine(ReadOnlySpan<byte> data, out ProxyHeader header)
    {
        header = default;
        ReadOnlySpan<byte> window = data[..Math.Min(data.Length, LongestLine)];
        int end = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            return data.Length < LongestLine ? ProxyHeaderStatus.Incomplete : ProxyHeaderStatus.Malformed;
        }
        if (window[end] == '\n' || end + 2 > LongestLine)
        {
            return ProxyHeaderStatus.Malformed;
        }
        if (end + 1 == window.Length)
        {
            return ProxyHeaderStatus.Incomplete;
        }
        return window[end + 1] == '\n' && TakeWords(window[Word.Length..end], end + 2, out header) ? ProxyHeaderStatus.Complete : ProxyHeaderStatus.Malformed;
    }

    private static bool TakeWords(ReadOnlySpan<byte> words, int length, out ProxyHeader header)
    {
        header = new ProxyHeader { Length = length, Version = 1 };
        ReadOnlySpan<byte> family = NextWord(ref words);
        if (family.SequenceEqual("UNKNOWN"u8))
        {
            // What may follow it is not looked at.
            return true;
        }
        bool isIpv6 = family.SequenceEqual("TCP6"u8);
        if (!isIpv6 && !family.SequenceEqual("TCP4"u8))
        {
            return false;
        }
        ReadOnlySpan<byte> source = NextWord(ref words), destination = NextWord(ref words);
        ReadOnlySpan<byte> sourcePort = NextWord(ref words), destinationPort = NextWord(ref words);
        if (!words.IsEmpty || !TryPort(sourcePort, out int from) || !TryPort(destinationPort, out int to)
            || !TryAddress(source, isIpv6, from, out IpEndpoint client) || !TryAddress(destination, isIpv6, to, out IpEndpoint server))
        {
            return false;
        }
        header = new ProxyHeader { Length = length, Version = 1, HasAddresses = true, Source = client, Destination = server };
        return true;
    }

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> words)
    {
        int blank = words.IndexOf((byte)' ');
        // A blank at the very end would hide an empty word: it is kept, so that the line is seen to hold more than it may.
        ReadOnlySpan<byte> word = blank < 0 ? words : words[..blank];
        words = blank < 0 ? [] : blank + 1 == words.Length ? words[blank..] : words[(blank + 1)..];
        return word;
    }

    private static bool TryPort(ReadOnlySpan<byte> text, out int port) => TryDecimal(text, ushort.MaxValue, out port);

    private static bool TryDecimal(ReadOnlySpan<byte> text, int maximum, out int value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 5 || (text.Length > 1 && text[0] == '0'))
        {
            return false;
        }
        foreach (byte digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }
            value = (value * 10) + digit - '0';
        }
        return value <= maximum;
    }

    private static bool TryAddress(ReadOnlySpan<byte> text, bool isIpv6, int port, out IpEndpoint address)
    {
        address = default;
        if (!isIpv6)
        {
            return TryIpv4(text, port, out address);
        }
        // No zone, no brackets: only what an IPv6 address is written with.
        if (text.IndexOfAnyExcept(InIpv6) >= 0 || text.IndexOf((byte)':') < 0
            || !IPAddress.TryParse(Encoding.ASCII.GetString(text), out IPAddress? parsed))
        {
            return false;
        }
        address = IpEndpoint.From(parsed, port);
        return true;
    }

    private static bool TryIpv4(ReadOnlySpan<byte> text, int port, out IpEndpoint address)
    {
        address = default;
        uint bits = 0;
        for (int i = 0; i < 4; i++)
        {
            int dot = i < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (dot < 0 || !TryDecimal(text[..dot], byte.MaxValue, out int part))
            {
                return false;
            }
            bits = (bits << 8) | (uint)part;
            text = i < 3 ? text[(dot + 1)..] : [];
        }
        address = IpEndpoint.FromV4(bits, port);
        return true;
    }

    // 2.2: signature, version and command, family and transport, length of what follows.
    private static ProxyHeaderStatus ReadBinary(ReadOnlySpan<byte> data, out ProxyHeader header)
    {
        header = default;
        int version = data[12] >> 4, command = data[12] & 15, family = data[13] >> 4, transport = data[13] & 15;
        int length = BinaryPrimitives.ReadUInt16BigEndian(data[14..]);
        bool isLocal = command == 0 || family == 0 || transport == 0;
        int addresses = isLocal ? 0 : family switch { 1 => Ipv4Length, 2 => Ipv6Length, _ => int.MaxValue };
        // Only streams over IP: what a datagram or a local socket says would say nothing of this connection.
        if (version != 2 || command > 1 || (!isLocal && transport != 1) || addresses > length)
        {
            return ProxyHeaderStatus.Malformed;
        }
        if (data.Length < FixedLength + length)
        {
            return ProxyHeaderStatus.Incomplete;
        }
        if (isLocal)
        {
            header = new ProxyHeader { Length = FixedLength + length, Version = 2 };
            return ProxyHeaderStatus.Complete;
        }
        ReadOnlySpan<byte> body = data.Slice(FixedLength, length);
        ReadOnlySpan<byte> records = body[addresses..];
        if (!ProxyRecords.AreWhole(records))
        {
            return ProxyHeaderStatus.Malformed;
        }
        int size = family == 1 ? 4 : 16;
        header = new ProxyHeader
        {
            Length = FixedLength + length,
            Version = 2,
            HasAddresses = true,
            Source = Endpoint(body[..size], body[(2 * size)..]),
            Destination = Endpoint(body.Slice(size, size), body[((2 * size) + 2)..]),
            Records = records,
        };
        return ProxyHeaderStatus.Complete;
    }

    private static IpEndpoint Endpoint(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        IpEndpoint.From(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(port));
}
