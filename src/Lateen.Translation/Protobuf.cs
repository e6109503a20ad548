using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Translation;

/// <summary>Short forms for the values that xDS messages are made of.</summary>
internal static class Protobuf
{
    public const string TypePrefix = "type.googleapis.com";

    /// <summary>The message inside an Any.</summary>
    public static Any Pack(this IMessage message) => new()
    {
        TypeUrl = MessageTypes.UrlOf(message.GetType()),
        Value = message.ToByteString(),
    };

    /// <summary>An Any of a type without fields of its own, for instance a filter that needs no settings.</summary>
    public static Any EmptyOf(string messageName) => new() { TypeUrl = $"{TypePrefix}/{messageName}" };

    public static Duration ToDuration(this TimeSpan value) => Duration.FromTimeSpan(value);

    public static Struct StructOf(params ReadOnlySpan<(string Key, Value Value)> fields)
    {
        var result = new Struct();
        foreach (var (key, value) in fields)
        {
            result.Fields[key] = value;
        }

        return result;
    }

    public static Address SocketAddress(string address, int port) => new()
    {
        SocketAddress = new() { Address = address, PortValue = (uint)port },
    };

    /// <summary>An address or a range; null for a text that is neither.</summary>
    public static CidrRange? Cidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var whole = slash < 0 ? text : text[..slash];

        // IPAddress.TryParse also takes a bare number for an IPv4 address.
        if (!System.Net.IPAddress.TryParse(whole, out var address) || (!whole.Contains(':', StringComparison.Ordinal) && whole.Count(c => c == '.') != 3))
        {
            return null;
        }

        var bits = address.GetAddressBytes().Length * 8;
        if (slash < 0)
        {
            return new() { AddressPrefix = text, PrefixLen = (uint)bits };
        }

        return int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length)
            && length <= bits
            ? new() { AddressPrefix = Masked(address, length), PrefixLen = (uint)length }
            : null;
    }

    /// <summary>The address with all bits behind the prefix cleared: two ranges that differ in those alone are one.</summary>
    private static string Masked(System.Net.IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new System.Net.IPAddress(bytes).ToString();
    }

    /// <summary>Resources come over the same stream; the proxy waits for the first answer as long as it takes.</summary>
    public static ConfigSource Ads() => new()
    {
        Ads = new(),
        InitialFetchTimeout = new Duration(),
        ResourceApiVersion = ApiVersion.V3,
    };
}
