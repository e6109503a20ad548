using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Lateen.Interception.Options;
using Lateen.Interception.Netlink;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// Which rules in built-in chains we put there: kept in the kernel beside the rules (an nf_tables table <c>lateen</c> of empty chains, one per rule),
/// so that it lives and dies with the network namespace and no rule needs a mark that people would see. Jumps to our chains need no entry, so the
/// default pod has no ledger.
/// </summary>
internal sealed record Ledger(ImmutableArray<string> Entries)
{
    private const string TableName = "lateen";

    public static Ledger Empty { get; } = new(ImmutableArray<string>.Empty);

    /// <summary>How often the entry is in it.</summary>
    public int Count(string entry) => Entries.Count(e => e == entry);

    /// <summary>An entry: table, chain and a hash of the canonical rule.</summary>
    public static string Entry(string table, string chain, string canonical) => $"{table}.{chain}.{Hash(canonical):x16}";

    /// <summary>Says that a table was there, empty, before us: so it stays when we leave.</summary>
    public static string Existed(string table) => "existed." + table;

    /// <summary>The entries that a rule set needs.</summary>
    public static Ledger For(RuleSet set) => new([.. set.Rules
        .Where(r => Chains.IsBuiltIn(r.Chain) && r.Target is not Target.Jump)
        .Select(r => Entry(r.Table.Name(), r.Chain, CanonicalRule.Of(r)))]);

    /// <summary>
    /// Remembers the tables that were there before us with nothing in them, so that they stay when we leave; what an earlier ledger remembers is kept.
    /// </summary>
    public Ledger WithExisting(Snapshot before, Ledger? earlier) => new([
        .. Entries,
        .. before.Tables.Where(t => t.Rules.IsEmpty && t.Chains.All(Chains.IsBuiltIn)).Select(t => Existed(t.Name))
            .Union(earlier?.Entries.Where(e => e.StartsWith(Existed(""), StringComparison.Ordinal)) ?? [])]);

    /// <summary>The ledger of this network namespace: empty where there is none, null where the kernel can not keep one.</summary>
    public static Ledger? Read(IpVersion version)
    {
        if (NftTables.Names(version) is not { } tables)
        {
            return null;
        }

        if (!tables.Contains(TableName))
        {
            return Empty;
        }

        // A chain's name is entry '#' number, because the same rule may be there twice.
        return new Ledger([.. NftTables.Chains(version, TableName).Select(c => c.Name.Split('#')[0])]);
    }

    /// <summary>Replaces the ledger of this network namespace. False where the kernel refuses.</summary>
    public bool Write(IpVersion version)
    {
        NftBatch batch = new(version);
        if (NftTables.Names(version)?.Contains(TableName) == true)
        {
            batch.DeleteTable(TableName, recursive: true);
        }

        if (!Entries.IsEmpty)
        {
            batch.AddTable(TableName);
            for (int i = 0; i < Entries.Length; i++)
            {
                batch.AddChain(TableName, string.Create(CultureInfo.InvariantCulture, $"{Entries[i]}#{i}"));
            }
        }

        return batch.Commit() == 0;
    }

    // FNV-1a, 64 bits.
    private static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return hash;
    }
}
