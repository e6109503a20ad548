namespace Lateen.Interception.Options;

/// <summary>The IP version a rule set is for: each has its own kernel tables.</summary>
public enum IpVersion
{
    /// <summary>iptables.</summary>
    V4,

    /// <summary>ip6tables.</summary>
    V6,
}
