using System.Collections.Immutable;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>One table as iptables-save prints it.</summary>
/// <param name="Name">nat, mangle, …</param>
/// <param name="Chains">Every chain, built-in ones too, in printed order.</param>
/// <param name="Rules">Every rule as printed, <c>-A CHAIN …</c>, without counters.</param>
internal sealed record SavedTable(string Name, ImmutableArray<string> Chains, ImmutableArray<string> Rules)
{
    /// <summary>The chain of a printed rule.</summary>
    public static string ChainOf(string rule) => rule.Split(' ', 3)[1];
}

/// <summary>What iptables-save printed, read back.</summary>
internal sealed record Snapshot(ImmutableArray<SavedTable> Tables)
{
    public static Snapshot Empty { get; } = new([]);

    public static Snapshot Parse(string text)
    {
        List<SavedTable> tables = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '*')
            {
                tables.Add(new SavedTable(line[1..].Trim(), [], []));
            }
            else if (tables.Count > 0 && line[0] == ':')
            {
                tables[^1] = tables[^1] with { Chains = tables[^1].Chains.Add(line[1..line.IndexOf(' ', StringComparison.Ordinal)]) };
            }
            else if (tables.Count > 0 && line.IndexOf("-A ", StringComparison.Ordinal) is var start and >= 0 && (start == 0 || line[0] == '['))
            {
                tables[^1] = tables[^1] with { Rules = tables[^1].Rules.Add(line[start..]) };
            }
        }

        return new Snapshot([.. tables]);
    }

    /// <summary>The table of that name; an empty one where there is none.</summary>
    public SavedTable this[Table table] => Tables.FirstOrDefault(t => t.Name == table.Name()) ?? new SavedTable(table.Name(), [], []);
}
