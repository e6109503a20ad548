namespace Lateen.Xds.Server;

/// <summary>Makes one object of equal lists of names: proxies subscribe to the same thousands of resources, and repeat them with each acknowledgement.</summary>
/// <remarks>
/// Two tables of fixed size in which a newer set takes the place of an older one, and none is kept alive: no client can make them grow. A hash
/// finds the place, what lies there is compared in full. Safe from any thread.
/// </remarks>
internal sealed class NameSetPool(int slots = 1 << 10)
{
    // An encoding is found by so many bytes of its beginning, a shorter one is read each time.
    private const int Begin = 128;

    // So many places of a list are looked at for its hash; the comparison reads the rest.
    private const int Samples = 32;

    private readonly NamePool _names = new();
    private readonly WeakReference<Encoded>?[] _encoded = new WeakReference<Encoded>?[slots];
    private readonly WeakReference<NameSet>?[] _listed = new WeakReference<NameSet>?[slots];

    // What was read lives as long as the set that came of it.
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<NameSet, Encoded> _sources = [];

    /// <summary>A set that was read before, when its encoding stands at the front of a message's rest: as long as it is, it is compared and not read.</summary>
    /// <param name="length">Bytes of the encoding.</param>
    public NameSet? Find(ReadOnlySpan<byte> rest, out int length)
    {
        length = 0;
        if (rest.Length < Begin || Volatile.Read(ref _encoded[PlaceOf(rest)]) is not { } reference
            || !reference.TryGetTarget(out var known) || !rest.StartsWith(known.Bytes) || !known.Names.TryGetTarget(out var names))
        {
            return null;
        }

        length = known.Bytes.Length;
        return names;
    }

    /// <summary>The names in the form in which a request carries them: repeated string fields of one number below 16.</summary>
    public NameSet Of(ReadOnlySpan<byte> fields)
    {
        if (Find(fields, out var length) is { } known && length == fields.Length)
        {
            return known;
        }

        var made = Of(Read(fields));
        if (fields.Length >= Begin)
        {
            var source = new Encoded(fields.ToArray(), new WeakReference<NameSet>(made));
            _sources.AddOrUpdate(made, source);
            Volatile.Write(ref _encoded[PlaceOf(fields)], new WeakReference<Encoded>(source));
        }

        return made;
    }

    /// <summary>The set of these names; lists in the same order give the same object.</summary>
    public NameSet Of(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return NameSet.Empty;
        }

        ref var slot = ref _listed[HashOf(names) & (slots - 1)];
        if (Volatile.Read(ref slot) is { } reference && reference.TryGetTarget(out var known) && !known.IsWildcard && known.Names.SequenceEqual(names, StringComparer.Ordinal))
        {
            return known;
        }

        var made = NameSet.Of(names);
        Volatile.Write(ref slot, new WeakReference<NameSet>(made));
        return made;
    }

    private List<string> Read(ReadOnlySpan<byte> fields)
    {
        var names = new List<string>();
        var at = 0;
        while (at < fields.Length)
        {
            at++;
            DiscoveryRequestReader.TryVarint(fields, ref at, out var length);
            names.Add(_names.Of(fields.Slice(at, (int)length)));
            at += (int)length;
        }

        return names;
    }

    private int PlaceOf(ReadOnlySpan<byte> fields)
    {
        var hash = new HashCode();
        hash.AddBytes(fields[..Begin]);
        return hash.ToHashCode() & (slots - 1);
    }

    private static int HashOf(IReadOnlyList<string> names)
    {
        var hash = new HashCode();
        hash.Add(names.Count);
        var step = Math.Max(names.Count / Samples, 1);
        for (var at = 0; at < names.Count; at += step)
        {
            hash.Add(names[at], StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    private sealed record Encoded(byte[] Bytes, WeakReference<NameSet> Names);
}
