namespace Lateen.Net.Hpack;

/// <summary>The dynamic table (RFC 7541 2.3.2, 4): entries in the order of their insertion, the oldest evicted when the size demands it.</summary>
/// <remarks>
/// Names and values lie one behind the other in one ring of bytes. The ring doubles the table's size so that an entry never wraps: its memory is bounded
/// by twice the limit. Nothing is allocated until the first insertion, and nothing after the ring has its size.
/// </remarks>
internal sealed class HpackDynamicTable
{
    /// <summary>RFC 7541 4.1: what an entry counts beyond its name and value.</summary>
    public const int EntryOverhead = 32;

    private Entry[] _entries = [];
    private byte[] _bytes = [];
    private int _newest;
    private int _writeAt;

    /// <param name="limit">The largest size the table may be given (SETTINGS_HEADER_TABLE_SIZE).</param>
    public HpackDynamicTable(int limit) => Limit = MaximumSize = limit;

    public int Limit { get; private set; }

    /// <summary>The size in force (RFC 7541 4.2).</summary>
    public int MaximumSize { get; private set; }

    public int Size { get; private set; }

    public int Count { get; private set; }

    /// <summary>How many entries were ever inserted: the age of an entry is this minus its own number.</summary>
    public long Inserted { get; private set; }

    /// <summary>Entry 0 is the newest; there are <see cref="Count"/>. The spans are valid until the next insertion.</summary>
    public void Get(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ref Entry entry = ref At(index);
        name = _bytes.AsSpan(entry.Start, entry.NameLength);
        value = _bytes.AsSpan(entry.Start + entry.NameLength, entry.ValueLength);
    }

    /// <summary>A size update (RFC 7541 4.3): what no longer fits is evicted.</summary>
    public void Resize(int maximumSize)
    {
        MaximumSize = maximumSize;
        while (Size > maximumSize)
        {
            Evict();
        }
    }

    /// <summary>The peer allows another limit; the encoder follows with a size update.</summary>
    public void SetLimit(int limit)
    {
        Limit = limit;
        if (MaximumSize > limit)
        {
            Resize(limit);
        }
    }

    /// <summary>Inserts; an entry larger than the table empties it (RFC 7541 4.4). The name may lie within this table.</summary>
    public bool Insert(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int length = name.Length + value.Length;
        int size = length + EntryOverhead;
        if (size > MaximumSize)
        {
            Clear();
            return false;
        }
        EnsureRing();
        int start = _writeAt + length <= _bytes.Length ? _writeAt : 0;
        while (Size + size > MaximumSize)
        {
            Evict();
        }
        // RFC 7541 4.4: the name may be that of an entry that was evicted just now. Its bytes are still there unless they are to be written over.
        if (_bytes.AsSpan(start, length).Overlaps(name))
        {
            name = name.ToArray();
        }
        name.CopyTo(_bytes.AsSpan(start));
        value.CopyTo(_bytes.AsSpan(start + name.Length));
        _writeAt = start + length;
        _newest = (_newest + 1) % _entries.Length;
        _entries[_newest] = new Entry { Start = start, NameLength = name.Length, ValueLength = value.Length };
        Size += size;
        Count++;
        Inserted++;
        return true;
    }

    private void Clear()
    {
        (Count, Size, _writeAt) = (0, 0, 0);
    }

    private void Evict()
    {
        ref Entry oldest = ref At(Count - 1);
        Size -= oldest.NameLength + oldest.ValueLength + EntryOverhead;
        Count--;
    }

    // For each field that is indexed: a division would cost more than the rest of it.
    private ref Entry At(int index)
    {
        int at = _newest - index;
        return ref _entries[at < 0 ? at + _entries.Length : at];
    }

    private void EnsureRing()
    {
        // Live bytes are below the size, and a new entry fits behind them or, wrapped, before them.
        int wanted = 2 * Limit;
        if (_bytes.Length < wanted)
        {
            byte[] bytes = new byte[wanted];
            Entry[] entries = new Entry[Math.Max(Limit / EntryOverhead, 1) + 1];
            int at = 0;
            for (int i = Count - 1; i >= 0; i--)
            {
                Get(i, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);
                name.CopyTo(bytes.AsSpan(at));
                value.CopyTo(bytes.AsSpan(at + name.Length));
                entries[Count - 1 - i] = At(i) with { Start = at };
                at += name.Length + value.Length;
            }
            (_bytes, _entries, _writeAt, _newest) = (bytes, entries, at, Math.Max(Count - 1, 0));
        }
    }

    private record struct Entry
    {
        public int Start;
        public int NameLength;
        public int ValueLength;
    }
}
