using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lateen.Interception.Options;

/// <summary>An address and a prefix length. Host bits may be set; they are kept in the text and ignored by <see cref="Contains"/>.</summary>
public sealed record Cidr(IPAddress Address, int PrefixLength)
{
    private string? _text;

    /// <summary>The version of the address.</summary>
    public IpVersion Version => Address.AddressFamily == AddressFamily.InterNetworkV6 ? IpVersion.V6 : IpVersion.V4;

    /// <summary>Whether the address is a loopback one.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>A prefix that holds one address, spelled as given: iptables prints what it was told.</summary>
    public static Cidr Host(string text, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        int length = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        return new Cidr(address, length) { _text = string.Create(CultureInfo.InvariantCulture, $"{text}/{length}") };
    }

    /// <summary>The address without the length, as <see cref="ToString"/> spells it.</summary>
    public string AddressText => ToString()[..ToString().LastIndexOf('/')];

    /// <summary>Reads <c>address/length</c>. A bare address is refused, as the reference refuses it.</summary>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Cidr? cidr)
    {
        ArgumentNullException.ThrowIfNull(text);
        cidr = null;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0
            || !IPAddress.TryParse(text.AsSpan(0, slash), out IPAddress? address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            return false;
        }

        // IPAddress also takes "10" and "10.1" for IPv4; a prefix needs all four parts.
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        if (length > (v6 ? 128 : 32) || address.ScopeIdOrZero() != 0 || (!v6 && text.AsSpan(0, slash).Count('.') != 3))
        {
            return false;
        }

        cidr = new Cidr(address, length);
        return true;
    }

    /// <summary>Whether the address has this prefix; false for the other IP version.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != Address.AddressFamily)
        {
            return false;
        }

        Span<byte> mine = stackalloc byte[16];
        Span<byte> other = stackalloc byte[16];
        Address.TryWriteBytes(mine, out _);
        address.TryWriteBytes(other, out _);
        int whole = PrefixLength / 8;
        if (!mine[..whole].SequenceEqual(other[..whole]))
        {
            return false;
        }

        int rest = PrefixLength % 8;
        return rest == 0 || (mine[whole] ^ other[whole]) >> (8 - rest) == 0;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => _text ?? string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");
}

file static class Scope
{
    public static long ScopeIdOrZero(this IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
