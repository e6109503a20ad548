using System.Collections.Immutable;

namespace Lateen.Interception.Options;

/// <summary>Which ports an option selects: none (empty), all (<c>*</c>), or those listed.</summary>
public sealed record PortSelection(bool All, ImmutableArray<PortRange> Listed)
{
    /// <summary>The empty option: nothing is selected.</summary>
    public static PortSelection None { get; } = new(false, []);

    /// <summary>The option <c>*</c>.</summary>
    public static PortSelection Every { get; } = new(true, []);

    /// <summary>Whether nothing is selected.</summary>
    public bool IsEmpty => !All && Listed.IsEmpty;
}

/// <summary>Which destinations an option selects: none (empty), all (<c>*</c>), or the prefixes listed.</summary>
public sealed record AddressSelection(bool All, ImmutableArray<Cidr> Listed)
{
    /// <summary>The empty option: nothing is selected.</summary>
    public static AddressSelection None { get; } = new(false, []);

    /// <summary>The option <c>*</c>.</summary>
    public static AddressSelection Every { get; } = new(true, []);

    /// <summary>The listed prefixes of one IP version.</summary>
    public IEnumerable<Cidr> Of(IpVersion version) => Listed.Where(c => c.Version == version);
}

/// <summary>Whose outbound traffic is captured: everybody's but the listed groups', or only the listed groups'.</summary>
/// <param name="AllBut">True: the list names exceptions. False: the list names whom to capture.</param>
/// <param name="Groups">Group names or numeric ids.</param>
public sealed record OwnerGroupSelection(bool AllBut, ImmutableArray<string> Groups)
{
    /// <summary>Most groups that may be named where only listed groups are captured: they become one rule.</summary>
    public const int MostIncluded = 64;

    /// <summary>Everybody.</summary>
    public static OwnerGroupSelection Everybody { get; } = new(true, []);
}
