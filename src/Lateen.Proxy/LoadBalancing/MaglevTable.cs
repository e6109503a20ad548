using System.Text;
using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Maglev hashing (the paper "Maglev: A Fast and Reliable Software Network Load Balancer", 3.4; Envoy: MAGLEV).</summary>
/// <remarks>
/// Each host walks its own permutation of the table and takes the next free slot when it is its turn; with weights a host has a turn only as often
/// as its weight compared with the greatest. One look-up is one array access.
/// </remarks>
internal sealed class MaglevTable : HashTable
{
    private readonly Host[] _slots;

    public MaglevTable(WeightedHost[] hosts, int size)
    {
        _slots = new Host[size];
        Walk[] walks = [.. hosts.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => new Walk(h, (ulong)size))];
        double greatest = hosts.Max(h => h.Share);
        int filled = 0;
        for (int turn = 1; filled < size; turn++)
        {
            for (int i = 0; i < walks.Length && filled < size; i++)
            {
                ref Walk walk = ref walks[i];
                if (turn * walk.Host.Share < walk.Target)
                {
                    continue;
                }
                walk.Target += greatest;
                _slots[walk.NextFree(_slots)] = walk.Host.Host;
                filled++;
            }
        }
    }

    public override Host Find(ulong hash, int attempt)
    {
        // Envoy, MaglevTable: a retry probes elsewhere by a changed hash.
        ulong probe = attempt == 0 ? hash : hash ^ unchecked(0UL - (ulong)attempt);
        return _slots[probe % (ulong)_slots.Length];
    }

    private struct Walk(WeightedHost host, ulong size)
    {
        private readonly ulong _offset = XxHash64.Of(Encoding.UTF8.GetBytes(host.Key)) % size;
        private readonly ulong _skip = (XxHash64.Of(Encoding.UTF8.GetBytes(host.Key), 1) % (size - 1)) + 1;
        private ulong _step;

        public readonly WeightedHost Host => host;

        public double Target { get; set; }

        public ulong NextFree(Host?[] slots)
        {
            ulong slot;
            do
            {
                slot = (_offset + (_skip * _step++)) % size;
            }
            while (slots[slot] is not null);
            return slot;
        }
    }
}
