using System.Text;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Rendering;

/// <summary>Input of iptables-restore as the reference writes it: for a pod that has no such rules yet.</summary>
public static class RestoreRenderer
{
    /// <summary>Tables in order of their names; inside a table the chains, then the rules in order.</summary>
    public static string Render(RuleSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        StringBuilder text = new();
        foreach (Table table in set.Tables.OrderBy(t => t.Name(), StringComparer.Ordinal))
        {
            text.Append("* ").Append(table.Name()).Append('\n');
            foreach (ChainName chain in set.Chains.Where(c => c.Table == table))
            {
                text.Append("-N ").Append(chain.Chain).Append('\n');
            }

            foreach (Rule rule in set.Rules.Where(r => r.Table == table))
            {
                text.AppendJoin(' ', RuleText.Placed(rule)).Append('\n');
            }

            text.Append("COMMIT\n");
        }

        return text.ToString();
    }
}
