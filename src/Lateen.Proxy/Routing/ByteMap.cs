using System.Text;

namespace Lateen.Proxy.Routing;

/// <summary>A frozen map from byte strings; the lookup takes a span and allocates nothing. Keys come from configuration, never from peers.</summary>
/// <remarks>
/// Three arrays whatever the number of keys: a route configuration names every service of the mesh several times, first in full, then by the
/// beginnings of its name, which need no bytes of their own.
/// </remarks>
internal sealed class ByteMap<T> where T : class
{
    private readonly int[] _heads; // Index of a bucket's first entry, plus one.
    private readonly Entry[] _entries;
    private readonly byte[] _keys;

    public ByteMap(IReadOnlyCollection<KeyValuePair<string, T>> entries)
    {
        _heads = new int[Math.Max(1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)entries.Count))];
        _entries = new Entry[entries.Count];
        byte[] keys = new byte[entries.Sum(e => Encoding.UTF8.GetByteCount(e.Key))];
        int i = 0, end = 0;
        (int Start, int Length) whole = (0, 0);
        foreach ((string key, T value) in entries)
        {
            int length = Encoding.UTF8.GetBytes(key, keys.AsSpan(end));
            ReadOnlySpan<byte> bytes = keys.AsSpan(end, length);
            if (!keys.AsSpan(whole.Start, whole.Length).StartsWith(bytes))
            {
                whole = (end, length);
                end += length;
            }
            ref int head = ref _heads[Hash(bytes) & (_heads.Length - 1)];
            _entries[i] = new Entry { Start = whole.Start, Length = length, Next = head, Value = value };
            head = ++i;
        }
        _keys = keys[..end];
    }

    public int Count => _entries.Length;

    public T? Find(ReadOnlySpan<byte> key)
    {
        int next = _heads[Hash(key) & (_heads.Length - 1)];
        while (next != 0)
        {
            ref readonly Entry entry = ref _entries[next - 1];
            if (key.SequenceEqual(_keys.AsSpan(entry.Start, entry.Length)))
            {
                return entry.Value;
            }
            next = entry.Next;
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

    private struct Entry
    {
        public int Start, Length, Next;
        public T Value;
    }
}
