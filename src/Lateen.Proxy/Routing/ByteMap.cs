using System.Text;

namespace Lateen.Proxy.Routing;

/// <summary>A frozen map from byte strings; the lookup takes a span and allocates nothing. Keys come from configuration, never from peers.</summary>
internal sealed class ByteMap<T> where T : class
{
    private readonly (byte[] Key, T Value)[][] _buckets;

    public ByteMap(IReadOnlyList<KeyValuePair<string, T>> entries)
    {
        Count = entries.Count;
        _buckets = new (byte[], T)[Math.Max(1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Count))][];
        foreach (IGrouping<int, (byte[] Key, T Value)> bucket in entries
            .Select(e => (Key: Encoding.UTF8.GetBytes(e.Key), e.Value))
            .GroupBy(e => Hash(e.Key) & (_buckets.Length - 1)))
        {
            _buckets[bucket.Key] = [.. bucket];
        }
    }

    public int Count { get; }

    public T? Find(ReadOnlySpan<byte> key)
    {
        if (_buckets[Hash(key) & (_buckets.Length - 1)] is { } bucket)
        {
            foreach ((byte[] candidate, T value) in bucket)
            {
                if (key.SequenceEqual(candidate))
                {
                    return value;
                }
            }
        }
        return null;
    }

    private static int Hash(ReadOnlySpan<byte> key)
    {
        uint hash = 2166136261;
        foreach (byte b in key)
        {
            hash = (hash ^ b) * 16777619;
        }
        return (int)(hash ^ (hash >> 15));
    }
}
