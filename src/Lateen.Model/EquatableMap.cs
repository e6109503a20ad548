using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Lateen.Model;

/// <summary>An immutable map that is equal to another one with equal entries, whatever their order; it enumerates in the order of its making.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "The field's word is map")]
public sealed class EquatableMap<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>, IEquatable<EquatableMap<TKey, TValue>>
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _entries;

    internal EquatableMap(Dictionary<TKey, TValue> entries) => _entries = entries;

    /// <summary>The map without entries.</summary>
    [SuppressMessage("Design", "CA1000", Justification = "As ImmutableDictionary has it")]
    public static EquatableMap<TKey, TValue> Empty { get; } = new([]);

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether there is no entry.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <inheritdoc/>
    public IEnumerable<TKey> Keys => _entries.Keys;

    /// <inheritdoc/>
    public IEnumerable<TValue> Values => _entries.Values;

    /// <inheritdoc/>
    public TValue this[TKey key] => _entries[key];

    /// <inheritdoc/>
    public bool ContainsKey(TKey key) => _entries.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _entries.TryGetValue(key, out value);

    /// <summary>The value of a key, or the type's default.</summary>
    public TValue? Find(TKey key) => _entries.GetValueOrDefault(key);

    /// <inheritdoc/>
    public bool Equals(EquatableMap<TKey, TValue>? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || other.Count != Count)
        {
            return false;
        }

        var comparer = EqualityComparer<TValue>.Default;
        foreach (var (key, value) in _entries)
        {
            if (!other._entries.TryGetValue(key, out var theirs) || !comparer.Equals(value, theirs))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EquatableMap<TKey, TValue>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = 0;
        foreach (var (key, value) in _entries)
        {
            hash ^= HashCode.Combine(key, value);
        }

        return hash;
    }

    /// <summary>Enumerates in the order of making.</summary>
    public Dictionary<TKey, TValue>.Enumerator GetEnumerator() => _entries.GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => $"{{{string.Join(", ", _entries.Select(e => $"{e.Key}: {e.Value}"))}}}";
}

/// <summary>Makes equatable maps.</summary>
public static class EquatableMap
{
    /// <summary>A map of the entries of a sequence; of two entries with one key the last counts.</summary>
    public static EquatableMap<TKey, TValue> ToEquatableMap<TKey, TValue>(this IEnumerable<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull
    {
        if (entries is EquatableMap<TKey, TValue> same)
        {
            return same;
        }

        var copy = new Dictionary<TKey, TValue>();
        foreach (var (key, value) in entries)
        {
            copy[key] = value;
        }

        return copy.Count == 0 ? EquatableMap<TKey, TValue>.Empty : new(copy);
    }
}
