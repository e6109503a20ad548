using System.Collections.Immutable;
using Lateen.Interception.Options;

namespace Lateen.Interception.Rules;

/// <summary>The rules of one IP version in the order in which they are given to the kernel.</summary>
public sealed record RuleSet(IpVersion Version, ImmutableArray<Rule> Rules)
{
    /// <summary>Our own chains, in order of first use.</summary>
    public IReadOnlyList<(Table Table, string Chain)> Chains { get; } =
        [.. Rules.Select(r => (r.Table, r.Chain)).Distinct().Where(c => !Lateen.Interception.Rules.Chains.IsBuiltIn(c.Chain))];

    /// <summary>The tables that have rules, in order of first use.</summary>
    public IReadOnlyList<Table> Tables { get; } = [.. Rules.Select(r => r.Table).Distinct()];

    /// <summary>
    /// A chain's rules as the kernel holds them afterwards, insertions at their places. What stood in a built-in chain before is not part of it.
    /// </summary>
    public IReadOnlyList<Rule> Chain(Table table, string chain)
    {
        List<Rule> final = [];
        foreach (Rule rule in Rules.Where(r => r.Table == table && r.Chain == chain))
        {
            final.Insert(rule.Position is { } position ? Math.Min(position - 1, final.Count) : final.Count, rule);
        }

        return final;
    }
}

/// <summary>The rules of a pod: IPv4 always, IPv6 where the pod has it.</summary>
public sealed record InterceptionRules(RuleSet V4, RuleSet? V6)
{
    /// <summary>IPv4 first.</summary>
    public IEnumerable<RuleSet> Sets => V6 is null ? [V4] : [V4, V6];
}
