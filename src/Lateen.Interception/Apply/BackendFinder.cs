using Lateen.Interception.Netlink;
using Lateen.Interception.Options;

namespace Lateen.Interception.Apply;

/// <summary>
/// Chooses the tables by what the kernel has: the ones in use in this network namespace, else nf_tables, else ip_tables; rules in both would each see
/// every packet, so the choice must not depend on which program happens to be the default.
/// </summary>
internal sealed class BackendFinder(IToolRunner tools)
{
    private const string LegacyTables = "/proc/thread-self/net/ip_tables_names";
    private const string LegacyTables6 = "/proc/thread-self/net/ip6_tables_names";

    /// <summary>The backend; null where there is no program that could be used.</summary>
    public Backend? Find()
    {
        Backend? nft = Programs(BackendKind.IptablesNft, "-nft");
        Backend? legacy = Programs(BackendKind.IptablesLegacy, "-legacy");
        if (nft is null && legacy is null && tools.Find("iptables-restore") is { } plain)
        {
            bool isNft = (File.ResolveLinkTarget(plain, returnFinalTarget: true)?.Name ?? plain).Contains("nft", StringComparison.Ordinal);
            (nft, legacy) = isNft ? (new Backend(BackendKind.IptablesNft, ""), legacy) : (nft, new Backend(BackendKind.IptablesLegacy, ""));
        }

        if (legacy is not null && LegacyInUse(legacy))
        {
            return legacy;
        }

        bool kernelHasNft = NftTables.IsThere();
        if (nft is not null && (kernelHasNft || legacy is null))
        {
            return nft;
        }

        return legacy ?? (tools.Find("nft") is null ? null : new Backend(BackendKind.Nft, ""));
    }

    private Backend? Programs(BackendKind kind, string infix) =>
        tools.Find("iptables" + infix + "-restore") is null ? null : new Backend(kind, infix);

    /// <summary>Tables come into being when somebody looks at them, so only rules count.</summary>
    private bool LegacyInUse(Backend legacy) =>
        (HasTables(LegacyTables) && HasRules(legacy, IpVersion.V4)) || (HasTables(LegacyTables6) && HasRules(legacy, IpVersion.V6));

    private bool HasRules(Backend legacy, IpVersion version) =>
        Snapshot.Parse(tools.Run(legacy.Save(version), []).Output).Tables.Any(t => t.Rules.Length > 0);

    private static bool HasTables(string path)
    {
        try
        {
            return File.ReadAllText(path).Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
