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
    /// <summary>The lines of a table that are ours, one entry per rule.</summary>
    public IReadOnlyList<string> Of(SavedTable table)
    {
        Dictionary<string, int> left = [];
        List<string> ours = [];
        foreach (string rule in table.Rules.Where(r => Chains.IsBuiltIn(SavedTable.ChainOf(r))))
        {
            if (Chains.Ours.Any(c => rule.EndsWith("-j " + c, StringComparison.Ordinal)) || IsOurs(table.Name, rule, left))
            {
                ours.Add(rule);
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
