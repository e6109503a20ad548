using System.Globalization;

namespace Lateen.Interception.Rules;

/// <summary>A user or group as an option names it, with its id where that is known.</summary>
/// <param name="Text">A number or a name; iptables resolves names itself.</param>
/// <param name="Id">The numeric id; null for a name that this host does not know.</param>
public sealed record Owner(string Text, uint? Id)
{
    /// <summary>Takes the id from the text, or looks the name up.</summary>
    public static Owner Of(string text, IReadOnlyDictionary<string, uint> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) || names.TryGetValue(text, out id)
            ? new Owner(text, id)
            : new Owner(text, null);
    }

    /// <summary>Whether it is this one. A packet without a socket (null) belongs to nobody.</summary>
    public bool Is(uint? id) => id is not null && id == Id;
}
