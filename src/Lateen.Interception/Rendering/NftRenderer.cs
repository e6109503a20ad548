using System.Globalization;
using System.Text;
using Lateen.Interception.Evaluation;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Rendering;

/// <summary>
/// The rules in nft's language, for images without iptables. Tables of our own (<c>istio_nat</c>, <c>istio_mangle</c>, <c>istio_raw</c>) with the
/// same chains, at the priorities that iptables' tables have.
/// </summary>
internal static class NftRenderer
{
    private const string Prefix = "istio_";

    /// <summary>nft's word for an IP version.</summary>
    public static string Family(IpVersion version) => version == IpVersion.V4 ? "ip" : "ip6";

    /// <summary>Whether a table is one that this renderer writes.</summary>
    public static bool IsOurs(string table) => table is Prefix + "nat" or Prefix + "mangle" or Prefix + "raw";

    /// <summary>The script that adds everything; inserted rules stand where they end up.</summary>
    public static string Render(RuleSet set)
    {
        StringBuilder text = new();
        foreach (Table table in set.Tables)
        {
            string name = $"{Family(set.Version)} {Prefix}{table.Name()}";
            string[] chains = [.. set.Rules.Where(r => r.Table == table).Select(r => r.Chain).Distinct()];
            text.Append(CultureInfo.InvariantCulture, $"add table {name}\n");
            foreach (string chain in chains)
            {
                text.Append(CultureInfo.InvariantCulture, $"add chain {name} {chain}{Hook(table, chain)}\n");
            }

            foreach (Rule rule in chains.SelectMany(c => set.Chain(table, c)))
            {
                foreach (string statement in Statements(set.Version, rule))
                {
                    text.Append(CultureInfo.InvariantCulture, $"add rule {name} {rule.Chain} {statement}\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Hook(Table table, string chain)
    {
        if (!Chains.IsBuiltIn(chain))
        {
            return "";
        }

        // A mangle chain on output is of type route: a new mark makes the kernel look for a route again.
        string type = table == Table.Nat ? "nat" : table == Table.Mangle && chain == Chains.Output ? "route" : "filter";
        int priority = table switch { Table.Raw => -300, Table.Mangle => -150, _ => -100 };
        return string.Create(CultureInfo.InvariantCulture, $" {{ type {type} hook {(chain == Chains.Output ? "output" : "prerouting")} priority {priority}; policy accept; }}");
    }

    private static IEnumerable<string> Statements(IpVersion version, Rule rule)
    {
        string conditions = string.Concat(rule.Matches.Select(m => Condition(version, rule, m) + " "));
        if (rule.Target is Target.TransparentProxy proxy)
        {
            // Unlike the xtables target, nft's goes on where nobody listens; the packet must not slip through then.
            yield return string.Create(CultureInfo.InvariantCulture, $"{conditions}tproxy to :{proxy.Port} meta mark set {proxy.Mark} accept");
            yield return conditions + "drop";
            yield break;
        }

        yield return conditions + Action(rule.Target);
    }

    private static string Condition(IpVersion version, Rule rule, Match match) => match switch
    {
        Match.Protocol p => "meta l4proto " + p.Words[1],
        Match.InInterface i => $"iifname \"{Wildcard(i.Name)}\"",
        Match.OutInterface o => $"oifname \"{Wildcard(o.Name)}\"",
        Match.Source s => $"{Family(version)} saddr {s.Prefix}",
        Match.Destination d => $"{Family(version)} daddr {Unless(d.Negated)}{d.Prefix}",
        Match.DestinationPort d => $"{Transport(rule)} dport {Unless(d.Negated)}{Range(d.Ports)}",
        Match.SourcePort s => $"{Transport(rule)} sport {Range(s.Ports)}",
        Match.NoDestinationPort n => $"{Transport(rule)} dport != {{ {string.Join(", ", n.Ports)} }}",
        Match.User u => $"meta skuid {Unless(u.Negated)}{u.Owner.Id?.ToString(CultureInfo.InvariantCulture) ?? u.Owner.Text}",
        Match.Group g => $"meta skgid {Unless(g.Negated)}{g.Owner.Id?.ToString(CultureInfo.InvariantCulture) ?? g.Owner.Text}",
        Match.Mark m => string.Create(CultureInfo.InvariantCulture, $"meta mark {Unless(m.Negated)}{m.Value}"),
        Match.ConnectionMark c => string.Create(CultureInfo.InvariantCulture, $"ct mark {c.Value}"),
        Match.State s => $"ct state {string.Join(',', s.States.Select(x => x.ToString().ToLowerInvariant()))}",
        _ => throw new System.Diagnostics.UnreachableException(match.ToString()),
    };

    private static string Action(Target target) => target switch
    {
        Target.ReturnToCaller => "return",
        Target.Accept => "accept",
        Target.Drop => "drop",
        Target.Jump j => "jump " + j.Chain,
        Target.Redirect r => string.Create(CultureInfo.InvariantCulture, $"redirect to :{r.Port}"),
        Target.SetMark m => string.Create(CultureInfo.InvariantCulture, $"meta mark set {m.Mark}"),
        Target.SaveMark => "ct mark set meta mark",
        Target.RestoreMark => "meta mark set ct mark",
        Target.ConntrackZone z => string.Create(CultureInfo.InvariantCulture, $"ct zone set {z.Zone}"),
        Target.Log l => $"log prefix \"{l.Prefix}\" group 1337 snaplen 20",
        _ => throw new System.Diagnostics.UnreachableException(target.ToString()),
    };

    private static string Unless(bool negated) => negated ? "!= " : "";

    private static string Range(PortRange ports) => ports.First == ports.Last ? ports.ToString() : $"{ports.First}-{ports.Last}";

    private static string Wildcard(string name) => name.EndsWith('+') ? name[..^1] + "*" : name;

    private static string Transport(Rule rule) =>
        rule.Matches.OfType<Match.Protocol>().Any(p => p.Value == TransportProtocol.Udp) ? "udp" : "tcp";
}
