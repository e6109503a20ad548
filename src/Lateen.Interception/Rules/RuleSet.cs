using System.Collections.Immutable;
using Lateen.Interception.Options;

namespace Lateen.Interception.Rules;

/// <summary>A chain of a table.</summary>
public sealed record ChainName(Table Table, string Chain);

/// <summary>The rules of one IP version in the order in which they are given to the kernel.</summary>
public sealed record RuleSet(IpVersion Version, ImmutableArray<Rule> Rules)
{
    /// <summary>Our own chains, in order of first use.</summary>
    public IReadOnlyList<ChainName> Chains { get; } = ChainsOf(Rules);

    /// <summary>The tables that have rules, in the kernel's order.</summary>
    public IEnumerable<Table> Tables => TableNames.All.Where(t => Rules.Any(r => r.Table == t));

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

    private static List<ChainName> ChainsOf(ImmutableArray<Rule> rules)
    {
        List<ChainName> chains = [];
        foreach (Rule rule in rules)
        {
            if (!Lateen.Interception.Rules.Chains.IsBuiltIn(rule.Chain) && !chains.Exists(c => c.Table == rule.Table && c.Chain == rule.Chain))
            {
                chains.Add(new ChainName(rule.Table, rule.Chain));
            }
        }

        return chains;
    }
}

/// <summary>The rules of a pod: IPv4 always, IPv6 where the pod has it.</summary>
public sealed record InterceptionRules(RuleSet V4, RuleSet? V6)
{
    /// <summary>IPv4 first.</summary>
    public IEnumerable<RuleSet> Sets => V6 is null ? [V4] : [V4, V6];
}
