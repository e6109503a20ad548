using Lateen.Interception.Netlink;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// Puts rule sets in place through nft, in tables of their own, so that replacing and removing them touches nothing else. One transaction for both IP versions.
/// </summary>
internal sealed class NftApplier(IToolRunner tools, InterceptionLog log) : IRuleApplier
{
    /// <inheritdoc/>
    public Backend Backend { get; } = new(BackendKind.Nft, "");

    /// <inheritdoc/>
    public ApplyResult Apply(InterceptionRules rules, bool restoreFormat) =>
        Run(Removal() + string.Concat(rules.Sets.Select(NftRenderer.Render)));

    /// <inheritdoc/>
    public ApplyResult Clean() => Removal() is { Length: > 0 } removal ? Run(removal) : ApplyResult.Done;

    /// <inheritdoc/>
    public string Save(IpVersion version) => tools.Run("nft", ["list", "ruleset", NftRenderer.Family(version)]).Output;

    private static string Removal() => string.Concat(
        from version in IpVersions.Both
        from table in NftTables.Names(version) ?? []
        where NftRenderer.IsOurs(table)
        select $"delete table {NftRenderer.Family(version)} {table}\n");

    private ApplyResult Run(string script)
    {
        log.Info($"Running nft -f - with the following input:\n{script}");
        ToolResult result = tools.Run("nft", ["-f", "-"], script);
        return result.Succeeded ? ApplyResult.Done : new ApplyResult(RestoreFailure.Explain("nft", result, (Rule?)null));
    }
}
