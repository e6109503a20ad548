using System.Collections.Concurrent;

namespace Lateen.Translation.Memos;

/// <summary>Remembers what was made of a key as long as it is asked for: what was not asked for during a whole generation is forgotten.</summary>
/// <remarks>Holds at most two generations of <paramref name="limit"/> entries. Safe from any thread; two that miss at once make the same value twice.</remarks>
internal sealed class Remembered<TKey, TValue>(int limit)
    where TKey : notnull
{
    private ConcurrentDictionary<TKey, TValue> _young = [];
    private ConcurrentDictionary<TKey, TValue> _old = [];
    private int _count;

    public TValue Get<TFrom>(TKey key, TFrom from, Func<TKey, TFrom, TValue> make)
    {
        var young = Volatile.Read(ref _young);
        if (young.TryGetValue(key, out var known))
        {
            return known;
        }

        if (!Volatile.Read(ref _old).TryGetValue(key, out var value))
        {
            value = make(key, from);
        }

        Put(young, key, value);
        return value;
    }

    /// <summary>What was put last for a key; null (or the type's default) when nothing is known.</summary>
    public TValue? Find(TKey key) =>
        Volatile.Read(ref _young).TryGetValue(key, out var known) || Volatile.Read(ref _old).TryGetValue(key, out known) ? known : default;

    /// <summary>Takes the place of what is known of a key.</summary>
    public void Put(TKey key, TValue value) => Put(Volatile.Read(ref _young), key, value);

    private void Put(ConcurrentDictionary<TKey, TValue> young, TKey key, TValue value)
    {
        if (!young.TryAdd(key, value))
        {
            young[key] = value;
            return;
        }

        if (Interlocked.Increment(ref _count) >= limit)
        {
            // A value that another thread adds to a generation that has just ended is found there, or made again.
            Interlocked.Exchange(ref _count, 0);
            Volatile.Write(ref _old, young);
            Volatile.Write(ref _young, []);
        }
    }
}
