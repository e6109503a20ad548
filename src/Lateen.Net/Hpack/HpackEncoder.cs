namespace Lateen.Net.Hpack;

/// <summary>Encodes field blocks (RFC 7541 6).</summary>
/// <remarks>
/// A field enters the dynamic table when it is seen for the second time: what differs with every message (request ids, times, paths) never does, and what
/// repeats costs one byte from the third time on. Credentials are never indexed (7.1.3). A block that was begun must be sent, in the order of encoding: the table
/// is shared with the peer.
/// </remarks>
internal sealed class HpackEncoder
{
    /// <summary>More is not used even if the peer allows it.</summary>
    public const int TableSize = 4096;

    /// <summary>What a field may need beyond its name and value.</summary>
    public const int FieldOverhead = 12;

    private const int Slots = 256, LargestIndexed = TableSize / 2;

    private readonly HpackDynamicTable _table = new(TableSize);
    private readonly Slot[] _slots = new Slot[Slots];
    private int _update = -1;

    /// <summary>SETTINGS_HEADER_TABLE_SIZE of the peer; the next block begins with the update (4.2).</summary>
    public void SetPeerLimit(int size)
    {
        int limit = Math.Min(size, TableSize);
        if (limit != _table.MaximumSize)
        {
            _table.Resize(limit);
            _update = limit;
        }
    }

    /// <summary>What stands before the first field; at most six bytes.</summary>
    public int Begin(Span<byte> destination)
    {
        if (_update < 0)
        {
            return 0;
        }
        int n = HpackInteger.Write(destination, 5, 0x20, _update);
        _update = -1;
        return n;
    }

    /// <summary>A field whose whole text is an entry of the static table.</summary>
    public static int WriteStatic(Span<byte> destination, int index)
    {
        destination[0] = (byte)(0x80 | index);
        return 1;
    }

    /// <summary>Writes a field; the name is in lower case. The destination has room for both and <see cref="FieldOverhead"/>.</summary>
    public int Write(Span<byte> destination, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (IsSecret(name))
        {
            return WriteLiteral(destination, 4, 0x10, name, value, huffman: false);
        }
        if (name.Length + value.Length > LargestIndexed)
        {
            return WriteLiteral(destination, 4, 0, name, value, huffman: false);
        }
        uint hash = Hash(name, value);
        ref Slot slot = ref _slots[(hash >> 8) % Slots];
        if (slot.Hash != hash)
        {
            slot = new Slot { Hash = hash };
            return WriteLiteral(destination, 4, 0, name, value, huffman: false);
        }
        uint age = (uint)_table.Inserted - slot.Number;
        if (slot.Number != 0 && age < _table.Count && Holds((int)age, name, value))
        {
            return HpackInteger.Write(destination, 7, 0x80, HpackStaticTable.Count + 1 + (int)age);
        }
        int written = WriteLiteral(destination, 6, 0x40, name, value, huffman: true);
        slot.Number = _table.Insert(name, value) ? (uint)_table.Inserted : 0;
        return written;
    }

    private bool Holds(int age, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _table.Get(age, out ReadOnlySpan<byte> knownName, out ReadOnlySpan<byte> knownValue);
        return name.SequenceEqual(knownName) && value.SequenceEqual(knownValue);
    }

    private static int WriteLiteral(
        Span<byte> destination, int prefix, byte pattern, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool huffman)
    {
        int index = HpackStaticTable.FindName(name);
        int n = HpackInteger.Write(destination, prefix, pattern, index);
        if (index == 0)
        {
            n += WriteString(destination[n..], name, huffman);
        }
        return n + WriteString(destination[n..], value, huffman);
    }

    private static int WriteString(Span<byte> destination, ReadOnlySpan<byte> text, bool huffman)
    {
        int length = huffman ? HuffmanCode.EncodedLength(text) : int.MaxValue;
        if (length < text.Length)
        {
            int prefix = HpackInteger.Write(destination, 7, 0x80, length);
            return prefix + HuffmanCode.Encode(text, destination[prefix..]);
        }
        int n = HpackInteger.Write(destination, 7, 0, text.Length);
        text.CopyTo(destination[n..]);
        return n + text.Length;
    }

    private static bool IsSecret(ReadOnlySpan<byte> name) => name.Length switch
    {
        6 => name.SequenceEqual("cookie"u8),
        10 => name.SequenceEqual("set-cookie"u8),
        13 => name.SequenceEqual("authorization"u8),
        19 => name.SequenceEqual("proxy-authorization"u8),
        _ => false,
    };

    private static uint Hash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ulong hash = Mix(((ulong)name.Length << 32) + (ulong)value.Length, name);
        hash = Mix(hash, value);
        return (uint)(hash >> 32) | 1;
    }

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> text)
    {
        const ulong Prime = 0x9E37_79B9_7F4A_7C15;
        while (text.Length >= 8)
        {
            hash = (hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(text)) * Prime;
            hash ^= hash >> 29;
            text = text[8..];
        }
        foreach (byte b in text)
        {
            hash = (hash ^ b) * Prime;
        }
        return hash ^ (hash >> 31);
    }

    /// <summary>A field that was seen: the hash of its text, and the number of its insertion into the table modulo 2^32, 0 if it is not in there.</summary>
    /// <remarks>The two lie together: with many connections each look at a table misses the cache. What an entry holds is compared before it is used.</remarks>
    private struct Slot
    {
        public uint Hash;
        public uint Number;
    }
}
