using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>Interfaces whose traffic is left alone (-c), and those of a virtual machine's guests (-k).</summary>
internal static class InterfaceRules
{
    public static void Add(RuleList rules)
    {
        InterceptionOptions options = rules.Options;
        Exclude(rules, Table.Nat);
        if (options.Mode == InterceptionMode.Tproxy)
        {
            Exclude(rules, Table.Mangle);
        }

        foreach (string name in options.KubeVirtInterfaces)
        {
            rules.Insert(1, Table.Nat, Chains.Prerouting, [new Match.InInterface(name)], Known.Return,
                $"What comes in on {name} was sent by a guest: it is not inbound traffic of this pod.", LogPrefix.KubevirtCommand);
        }
    }

    private static void Exclude(RuleList rules, Table table)
    {
        foreach (string name in rules.Options.ExcludedInterfaces)
        {
            rules.Append(table, Chains.Prerouting, [new Match.InInterface(name)], Known.Return,
                $"Interface {name} is excluded: what comes in on it is not captured.", LogPrefix.ExcludeInterfaceCommand);
            rules.Append(table, Chains.Output, [new Match.OutInterface(name)], Known.Return,
                $"Interface {name} is excluded: what leaves by it is not captured.", LogPrefix.ExcludeInterfaceCommand);
        }
    }
}
