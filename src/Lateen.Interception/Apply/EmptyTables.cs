using Lateen.Interception.Netlink;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// iptables-nft makes a table with its first rule and never takes it away. Where one came into being for our rules and nothing is left in it, it goes,
/// so that iptables-save prints what it printed before us. The kernel refuses where anything is in use.
/// </summary>
internal static class EmptyTables
{
    public static void Remove(IpVersion version, Ledger? keep)
    {
        IReadOnlyList<string> present = NftTables.Names(version) ?? [];
        foreach (string name in new[] { Table.Nat, Table.Mangle, Table.Raw }.Select(t => t.Name()).Where(present.Contains))
        {
            IReadOnlyList<NftChain> chains = NftTables.Chains(version, name);
            if (keep?.Count(Ledger.Existed(name)) > 0 || chains.Any(c => !c.IsBase || !c.Accepts || c.Uses > 0))
            {
                continue;
            }

            NftBatch batch = new(version);
            foreach (NftChain chain in chains)
            {
                batch.DeleteChain(name, chain.Name);
            }

            batch.DeleteTable(name, recursive: false);
            _ = batch.Commit();
        }
    }
}
