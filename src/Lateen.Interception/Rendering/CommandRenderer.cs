using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Rendering;

/// <summary>One command per rule, as the reference prints and runs them with --restore-format=false.</summary>
public static class CommandRenderer
{
    /// <summary>iptables or ip6tables.</summary>
    public static string Program(IpVersion version) => version == IpVersion.V4 ? "iptables" : "ip6tables";

    /// <summary>Every command, IPv4 first; per version the chains first, then the rules in order.</summary>
    public static IEnumerable<IReadOnlyList<string>> Commands(InterceptionRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return rules.Sets.SelectMany(Commands);
    }

    /// <summary>The commands of one IP version, each as a program and its arguments.</summary>
    public static IEnumerable<IReadOnlyList<string>> Commands(RuleSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        string program = Program(set.Version);
        foreach (ChainName chain in set.Chains)
        {
            yield return [program, "-t", chain.Table.Name(), "-N", chain.Chain];
        }

        foreach (Rule rule in set.Rules)
        {
            yield return [program, "-t", rule.Table.Name(), .. RuleText.Placed(rule)];
        }
    }
}
