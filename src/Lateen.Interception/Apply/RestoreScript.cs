using System.Globalization;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// Input of <c>iptables-restore --noflush</c> that turns what is there into what shall be there, touching only what is ours: our chains are
/// emptied and filled again, our rules in built-in chains are taken out and put back at the same place.
/// </summary>
internal sealed class RestoreScript
{
    private readonly List<string> _lines = [];
    private readonly Dictionary<int, Rule> _rules = [];

    private RestoreScript()
    {
    }

    /// <summary>What iptables-restore reads; empty where there is nothing to do.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The rule on a 1-based line; null for lines that are no rules.</summary>
    public Rule? RuleOn(int line) => _rules.GetValueOrDefault(line);

    /// <summary>From the present state to the rule set.</summary>
    public static RestoreScript Replace(Snapshot present, Ownership ownership, RuleSet wanted)
    {
        RestoreScript script = new();
        foreach (Table table in TableNames.All)
        {
            script.AddTable(table, present[table], ownership.Of(present[table]), wanted);
        }

        script._lines.Add("");
        script.Text = string.Join('\n', script._lines);
        return script;
    }

    /// <summary>Puts tables back exactly as they were printed, whatever is in them now. For <c>iptables-restore --counters</c> without --noflush.</summary>
    public static string Rollback(string savedBefore, IEnumerable<Table> touched)
    {
        Snapshot before = Snapshot.Parse(savedBefore);
        IEnumerable<string> made = touched.Select(t => t.Name()).Where(t => before.Tables.All(b => b.Name != t));
        return savedBefore + string.Concat(made.Select(t => $"*{t}\nCOMMIT\n"));
    }

    /// <summary>From the present state to one without anything of ours.</summary>
    public static RestoreScript Remove(Snapshot present, Ownership ownership) => Replace(present, ownership, new RuleSet(IpVersion.V4, []));

    private void AddTable(Table table, SavedTable present, IReadOnlyList<PlacedRule> owned, RuleSet wanted)
    {
        string[] chains = [.. wanted.Chains.Where(c => c.Table == table).Select(c => c.Chain)];
        string[] obsolete = [.. present.Chains.Where(c => Chains.Ours.Contains(c) && !chains.Contains(c))];
        Rule[] rules = [.. wanted.Rules.Where(r => r.Table == table)];
        if (chains.Length + obsolete.Length + owned.Count + rules.Length == 0)
        {
            return;
        }

        _lines.Add("*" + table.Name());

        // ":CHAIN -" makes the chain, or empties it where it is there already.
        _lines.AddRange(chains.Concat(obsolete).Select(c => $":{c} - [0:0]"));
        _lines.AddRange(owned.Select(r => r.Deletion));
        AddRules(rules, owned);
        _lines.AddRange(obsolete.Select(c => "-X " + c));
        _lines.Add("COMMIT");
    }

    private void AddRules(Rule[] rules, IReadOnlyList<PlacedRule> owned)
    {
        // Where ours stood in a built-in chain, so that a second run changes no order.
        Dictionary<string, int> next = [];
        foreach (PlacedRule rule in owned)
        {
            next[rule.Chain] = next.TryGetValue(rule.Chain, out int first) ? Math.Min(first, rule.Number) : rule.Number;
        }

        foreach (Rule rule in rules)
        {
            if (next.TryGetValue(rule.Chain, out int position))
            {
                int at = rule.Position ?? position;
                _lines.Add(string.Create(CultureInfo.InvariantCulture, $"-I {rule.Chain} {at} {string.Join(' ', rule.Specification)}"));
                next[rule.Chain] = position + 1;
            }
            else
            {
                _lines.Add(string.Join(' ', RuleText.Placed(rule)));
            }

            _rules[_lines.Count] = rule;
        }
    }
}
