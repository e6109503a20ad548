using System.Globalization;
using System.Text;
using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Consistent hashing on a ring (Envoy: RING_HASH, after ketama): a host that comes or goes moves only its own part of the keys.</summary>
/// <remarks>
/// Entries are hashes of <c>key_i</c>, as many per host as its share asks; the least weighted host gets a whole number that brings the ring to
/// minimum_ring_size if maximum_ring_size allows. A key belongs to the first entry at or after it, beyond the last one to the first.
/// </remarks>
internal sealed class RingHashTable : HashTable
{
    private readonly ulong[] _hashes;
    private readonly Host[] _hosts;

    public RingHashTable(WeightedHost[] hosts, ulong minimumSize, ulong maximumSize)
    {
        double least = hosts.Min(h => h.Share);
        double scale = Math.Min(Math.Ceiling(least * minimumSize) / least, maximumSize);
        List<(ulong Hash, Host Host)> ring = new((int)Math.Ceiling(scale));
        double current = 0, target = 0;
        foreach (WeightedHost host in hosts)
        {
            target += scale * host.Share;
            for (int i = 0; current < target; i++, current++)
            {
                ring.Add((XxHash64.Of(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{host.Key}_{i}"))), host.Host));
            }
        }
        ring.Sort(static (a, b) => a.Hash.CompareTo(b.Hash));
        _hashes = [.. ring.Select(e => e.Hash)];
        _hosts = [.. ring.Select(e => e.Host)];
    }

    public int Size => _hosts.Length;

    public override Host Find(ulong hash, int attempt)
    {
        int at = Array.BinarySearch(_hashes, hash);
        at = at < 0 ? ~at : at;
        return _hosts[(int)(((uint)(at == _hosts.Length ? 0 : at) + (uint)attempt) % (uint)_hosts.Length)];
    }
}
