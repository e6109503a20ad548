namespace Lateen.Translation.Views;

/// <summary>A part of a proxy's resources of one type; the parts in their order are the whole.</summary>
public enum ResourcePart
{
    /// <summary>What follows from the proxy's own workload: inbound listeners and clusters.</summary>
    Own,

    /// <summary>What proxies of one namespace have in common: everything outbound.</summary>
    Shared,

    /// <summary>All in one, for proxies and types where the two can not be told apart.</summary>
    Whole,
}
