using Lateen.Interception.Options;

namespace Lateen.Interception.Apply;

/// <summary>Which part of the kernel holds the rules.</summary>
public enum BackendKind
{
    /// <summary>nf_tables, through iptables' programs.</summary>
    IptablesNft,

    /// <summary>ip_tables, through iptables' programs.</summary>
    IptablesLegacy,

    /// <summary>nf_tables, through nft, where there are no programs of iptables.</summary>
    Nft,
}

/// <summary>The programs that work on one kind of tables.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Infix">What stands between iptables and -restore in the names: "-nft", "-legacy" or nothing.</param>
public sealed record Backend(BackendKind Kind, string Infix)
{
    /// <summary>iptables or ip6tables.</summary>
    public string Command(IpVersion version) => (version == IpVersion.V4 ? "iptables" : "ip6tables") + Infix;

    /// <summary>iptables-restore or ip6tables-restore.</summary>
    public string Restore(IpVersion version) => Command(version) + "-restore";

    /// <summary>iptables-save or ip6tables-save.</summary>
    public string Save(IpVersion version) => Command(version) + "-save";
}
