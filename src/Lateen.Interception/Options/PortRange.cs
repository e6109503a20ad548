using System.Globalization;

namespace Lateen.Interception.Options;

/// <summary>One port, or the closed range <c>first:last</c> as iptables writes it. 1 to 65535.</summary>
/// <remarks>A class, because lists of a value type of ours are compiled when the process starts, and istio-iptables lives for a tenth of a second.</remarks>
public sealed record PortRange(ushort First, ushort Last)
{
    /// <summary>A range of one port.</summary>
    public static implicit operator PortRange(ushort port) => new(port, port);

    /// <summary>Reads <c>8080</c> or <c>8000:8010</c>; false for anything else.</summary>
    public static bool TryParse(string text, out PortRange range)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string first = colon < 0 ? text : text[..colon];
        string last = colon < 0 ? text : text[(colon + 1)..];
        bool valid = ushort.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out ushort low)
            & ushort.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out ushort high);
        range = new PortRange(low, high);
        return valid && low > 0 && low <= high;
    }

    /// <summary>Whether the port lies in the range.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}:{Last}");
}
