namespace Lateen.Interception.Options;

/// <summary>The IP version a rule set is for: each has its own kernel tables.</summary>
public enum IpVersion
{
    /// <summary>iptables.</summary>
    V4,

    /// <summary>ip6tables.</summary>
    V6,
}

/// <summary>Both IP versions.</summary>
public static class IpVersions
{
    /// <summary>IPv4 first.</summary>
    public static IReadOnlyList<IpVersion> Both { get; } = [IpVersion.V4, IpVersion.V6];
}
