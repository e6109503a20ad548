using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// Tells our rules in built-in chains from other people's, in what iptables-save printed. A jump to one of our chains is ours by its name. The others
/// are ours as often as the <see cref="Ledger"/> counts them. Without a ledger (the reference put them there, or the kernel can not keep one) their
/// shape decides.
/// </summary>
/// <param name="ledger">Null where the kernel can not keep one.</param>
internal sealed class Ownership(Ledger? ledger)
{
    /// <summary>The rules of a table that are ours, last first. Of equal ones the last are: they were there, then ours came.</summary>
    public IReadOnlyList<PlacedRule> Of(SavedTable table) => table.Chains.Where(Chains.IsBuiltIn).SelectMany(c => Of(table, c)).ToList();

    private List<PlacedRule> Of(SavedTable table, string chain)
    {
        Dictionary<string, int> left = [];
        List<PlacedRule> ours = [];
        string[] rules = [.. table.Rules.Where(r => SavedTable.ChainOf(r) == chain)];
        for (int i = rules.Length - 1; i >= 0; i--)
        {
            if (Chains.Ours.Any(c => rules[i].EndsWith("-j " + c, StringComparison.Ordinal)) || IsOurs(table.Name, rules[i], left))
            {
                ours.Add(new PlacedRule(chain, i + 1, rules[i], rules.Count(r => r == rules[i]) == 1));
            }
        }

        return ours;
    }

    private bool IsOurs(string table, string rule, Dictionary<string, int> left)
    {
        if (ledger is null || ledger.Entries.IsEmpty)
        {
            return RuleShape.IsOurs(table, rule, certainly: ledger is not null);
        }

        string entry = Ledger.Entry(table, SavedTable.ChainOf(rule), CanonicalRule.Of(rule));
        left.TryAdd(entry, ledger.Count(entry));
        return left[entry]-- > 0;
    }
}

/// <summary>A rule as printed, and where it stands.</summary>
/// <param name="Number">1-based position in its chain.</param>
/// <param name="IsUnique">Whether no other rule of the chain is equal.</param>
internal sealed record PlacedRule(string Chain, int Number, string Text, bool IsUnique)
{
    /// <summary>The line that takes it out: by its text, so that rules that came in the meantime do no harm, unless another one has the same.</summary>
    public string Deletion => IsUnique ? "-D" + Text[2..] : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"-D {Chain} {Number}");
}
