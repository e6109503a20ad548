using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Lateen.Net.Sockets;

/// <summary>An IPv4 or IPv6 address with a port, as a value: no allocation to hold, compare or print.</summary>
/// <remarks>An IPv4-mapped IPv6 address is held as IPv4, so that equal peers compare equal whatever socket they came by.</remarks>
internal readonly struct IpEndpoint : IEquatable<IpEndpoint>
{
    /// <summary>The longest text: an IPv6 address in brackets, colon, five digits.</summary>
    public const int MaximumTextLength = 48;

    private readonly ulong _high;
    private readonly ulong _low;

    private IpEndpoint(ulong high, ulong low, bool isIpv6, int port)
    {
        (_high, _low, IsIpv6, Port) = (high, low, isIpv6, (ushort)port);
        IsValid = true;
        if (isIpv6 && high == 0 && low >> 32 == 0xffff)
        {
            (_low, IsIpv6) = (low & 0xffffffff, false);
        }
    }

    /// <summary>False for the default value, which stands for "no address".</summary>
    public bool IsValid { get; }

    public bool IsIpv6 { get; }

    public ushort Port { get; }

    /// <summary>0.0.0.0 or ::.</summary>
    public bool IsAny => _high == 0 && _low == 0;

    public bool IsLoopback => IsIpv6 ? _high == 0 && _low == 1 : _low >> 24 == 127;

    /// <summary>Upper and lower half of the address in host order; IPv4 occupies the low 32 bits.</summary>
    public (ulong High, ulong Low) Bits => (_high, _low);

    public static IpEndpoint FromV4(uint hostOrderAddress, int port) => new(0, hostOrderAddress, false, port);

    public static IpEndpoint From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4
            ? new IpEndpoint(0, BinaryPrimitives.ReadUInt32BigEndian(bytes), false, port)
            : new IpEndpoint(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), true, port);
    }

    public static bool TryParse(ReadOnlySpan<char> address, int port, out IpEndpoint endpoint)
    {
        bool ok = IPAddress.TryParse(address, out IPAddress? parsed);
        endpoint = ok ? From(parsed!, port) : default;
        return ok;
    }

    public IpEndpoint WithPort(int port) => new(_high, _low, IsIpv6, port);

    public IPEndPoint ToIPEndPoint() => new(ToAddress(), Port);

    public IPAddress ToAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteAddress(bytes)]);
    }

    /// <summary>Writes struct sockaddr_in or sockaddr_in6 and returns its length.</summary>
    public int WriteSocketAddress(Span<byte> destination)
    {
        int length = IsIpv6 ? 28 : 16;
        destination[..length].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)(IsIpv6 ? LibC.AfInet6 : LibC.AfInet));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Port);
        WriteAddress(destination[(IsIpv6 ? 8 : 4)..]);
        return length;
    }

    public static IpEndpoint ReadSocketAddress(ReadOnlySpan<byte> source)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        return BinaryPrimitives.ReadUInt16LittleEndian(source) switch
        {
            LibC.AfInet => new IpEndpoint(0, BinaryPrimitives.ReadUInt32BigEndian(source[4..]), false, port),
            LibC.AfInet6 => new IpEndpoint(
                BinaryPrimitives.ReadUInt64BigEndian(source[8..]), BinaryPrimitives.ReadUInt64BigEndian(source[16..]), true, port),
            _ => default,
        };
    }

    /// <summary>Writes <c>1.2.3.4</c> or <c>2001:db8::1</c>; returns the length. The destination holds <see cref="MaximumTextLength"/> bytes.</summary>
    public int FormatAddress(Span<byte> destination)
    {
        if (IsIpv6)
        {
            ToAddress().TryFormat(destination, out int length);
            return length;
        }
        int written = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            ((byte)(_low >> shift)).TryFormat(destination[written..], out int digits);
            written += digits;
            if (shift > 0)
            {
                destination[written++] = (byte)'.';
            }
        }
        return written;
    }

    /// <summary>Writes <c>1.2.3.4:80</c> or <c>[2001:db8::1]:80</c>; returns the length.</summary>
    public int Format(Span<byte> destination)
    {
        int written = 0;
        if (IsIpv6)
        {
            destination[written++] = (byte)'[';
        }
        written += FormatAddress(destination[written..]);
        if (IsIpv6)
        {
            destination[written++] = (byte)']';
        }
        destination[written++] = (byte)':';
        Port.TryFormat(destination[written..], out int digits);
        return written + digits;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MaximumTextLength];
        return IsValid ? Encoding.ASCII.GetString(text[..Format(text)]) : "-";
    }

    public bool Equals(IpEndpoint other) =>
        _high == other._high && _low == other._low && Port == other.Port && IsIpv6 == other.IsIpv6 && IsValid == other.IsValid;

    public override bool Equals(object? obj) => obj is IpEndpoint other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low, Port);

    private int WriteAddress(Span<byte> destination)
    {
        if (!IsIpv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return 4;
        }
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return 16;
    }
}
