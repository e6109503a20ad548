using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Rendering;

/// <summary>
/// The commands that the reference's istio-clean-iptables runs, failures ignored; what --dry-run prints. It runs those of both IP versions
/// with either program, which is why rules without an address appear twice.
/// </summary>
public static class CleanCommandRenderer
{
    private static readonly (Table Table, string Chain)[] BeforeMarks =
    [
        (Table.Nat, Chains.Outbound), (Table.Nat, Chains.Inbound), (Table.Mangle, Chains.Inbound), (Table.Mangle, Chains.Divert), (Table.Mangle, Chains.Tproxy),
    ];

    // The other chains refer to these, so they go last.
    private static readonly (Table Table, string Chain)[] AfterMarks = [(Table.Nat, Chains.Redirect), (Table.Nat, Chains.InRedirect)];

    /// <summary>Every command, each as a program and its arguments.</summary>
    public static IEnumerable<IReadOnlyList<string>> Commands(InterceptionOptions options, HostFacts host)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(host);
        Rule[] dns = options.RedirectDns ? [.. DnsRulesOfBothVersions(options, host)] : [];
        return
        [
            .. IpVersions.Both.SelectMany(v => Commands(CommandRenderer.Program(v), options, dns)),
            ["iptables-save"],
            ["ip6tables-save"],
        ];
    }

    private static IEnumerable<IReadOnlyList<string>> Commands(string program, InterceptionOptions options, Rule[] dns)
    {
        string mark = options.TproxyMark.ToString(System.Globalization.CultureInfo.InvariantCulture);
        yield return [program, "-t", "nat", "-D", Chains.Prerouting, "-p", "tcp", "-j", Chains.Inbound];
        yield return [program, "-t", "mangle", "-D", Chains.Prerouting, "-p", "tcp", "-j", Chains.Inbound];
        yield return [program, "-t", "nat", "-D", Chains.Output, "-p", "tcp", "-j", Chains.Outbound];
        foreach (Rule rule in dns)
        {
            yield return [program, "-t", rule.Table.Name(), "-D", rule.Chain, .. rule.Specification];
        }

        foreach (IReadOnlyList<string> command in BeforeMarks.SelectMany(c => Delete(program, c.Table, c.Chain)))
        {
            yield return command;
        }

        if (options.Mode == InterceptionMode.Tproxy)
        {
            yield return [program, "-t", "mangle", "-D", Chains.Prerouting, "-p", "tcp", "-m", "mark", "--mark", mark, "-j", "CONNMARK", "--save-mark"];
            yield return [program, "-t", "mangle", "-D", Chains.Output, "-p", "tcp", "-m", "connmark", "--mark", mark, "-j", "CONNMARK", "--restore-mark"];
        }

        foreach (IReadOnlyList<string> command in AfterMarks.SelectMany(c => Delete(program, c.Table, c.Chain)))
        {
            yield return command;
        }
    }

    private static IEnumerable<IReadOnlyList<string>> Delete(string program, Table table, string chain) =>
        [[program, "-t", table.Name(), "-F", chain], [program, "-t", table.Name(), "-X", chain]];

    /// <summary>Rules without an address twice in a row, those of the servers once, IPv4 servers first.</summary>
    private static IEnumerable<Rule> DnsRulesOfBothVersions(InterceptionOptions options, HostFacts host)
    {
        RuleList v4 = new(IpVersion.V4, options, host);
        RuleList v6 = new(IpVersion.V6, options, host);
        DnsRules.Add(v4);
        DnsRules.Add(v6);
        foreach (IGrouping<Table, Rule> table in v4.ToRuleSet().Rules.GroupBy(r => r.Table))
        {
            foreach (Rule rule in table)
            {
                yield return rule;
                if (!HasAddress(rule))
                {
                    yield return rule;
                }
            }

            foreach (Rule rule in v6.ToRuleSet().Rules.Where(r => r.Table == table.Key && HasAddress(r)))
            {
                yield return rule;
            }
        }
    }

    private static bool HasAddress(Rule rule) => rule.Matches.Any(m => m is Match.Destination);
}
