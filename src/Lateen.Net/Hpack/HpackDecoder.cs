namespace Lateen.Net.Hpack;

/// <summary>Decodes field blocks (RFC 7541 3, 6). Every block of a connection must pass through it, wanted or not: the dynamic table is shared state.</summary>
/// <remarks>
/// Work and memory are bounded by the length of the block, the table's limit and the scratch buffer; what a block expands to is for the sink to limit. It
/// allocates nothing but its table, once.
/// </remarks>
internal sealed class HpackDecoder
{
    private readonly HpackDynamicTable _table;
    private readonly byte[] _scratch;

    /// <param name="tableLimit">What our SETTINGS_HEADER_TABLE_SIZE says; 4096 unless said otherwise.</param>
    /// <param name="scratch">Where Huffman strings are decoded; a pair of name and value that exceeds it is refused.</param>
    public HpackDecoder(int tableLimit, byte[] scratch) => (_table, _scratch) = (new HpackDynamicTable(tableLimit), scratch);

    /// <summary>Decodes one whole block. False: a decoding error, the connection cannot go on (RFC 9113 4.3, COMPRESSION_ERROR).</summary>
    public bool TryDecode<TSink>(ReadOnlySpan<byte> block, TSink sink) where TSink : IFieldSink
    {
        int at = 0;
        bool updatesAllowed = true;
        while (at < block.Length)
        {
            byte first = block[at];
            if ((first & 0x80) != 0)
            {
                // 6.1: indexed field.
                if (!HpackInteger.TryRead(block, 7, ref at, out int index) || !TryGet(index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
                {
                    return false;
                }
                sink.OnField(name, value);
                updatesAllowed = false;
            }
            else if ((first & 0xe0) == 0x20)
            {
                // 4.2, 6.3: a size update stands at the start of a block and does not exceed the limit.
                if (!updatesAllowed || !HpackInteger.TryRead(block, 5, ref at, out int size) || size > _table.Limit)
                {
                    return false;
                }
                _table.Resize(size);
            }
            else
            {
                updatesAllowed = false;
                if (!TryLiteral(block, ref at, first, sink))
                {
                    return false;
                }
            }
        }
        return true;
    }

    // 6.2: literal with incremental indexing (01), without (0000), never indexed (0001).
    private bool TryLiteral<TSink>(ReadOnlySpan<byte> block, ref int at, byte first, TSink sink) where TSink : IFieldSink
    {
        bool insert = (first & 0x40) != 0;
        if (!HpackInteger.TryRead(block, insert ? 6 : 4, ref at, out int index))
        {
            return false;
        }
        int used = 0;
        ReadOnlySpan<byte> name;
        if (index == 0)
        {
            if (!TryString(block, ref at, ref used, out name))
            {
                return false;
            }
        }
        else if (!TryGet(index, out name, out _))
        {
            return false;
        }
        if (!TryString(block, ref at, ref used, out ReadOnlySpan<byte> value))
        {
            return false;
        }
        sink.OnField(name, value);
        if (insert)
        {
            _table.Insert(name, value);
        }
        return true;
    }

    private bool TryString(ReadOnlySpan<byte> block, scoped ref int at, scoped ref int used, out ReadOnlySpan<byte> text)
    {
        text = [];
        bool huffman = at < block.Length && (block[at] & 0x80) != 0;
        if (!HpackInteger.TryRead(block, 7, ref at, out int length) || length > block.Length - at)
        {
            return false;
        }
        ReadOnlySpan<byte> raw = block.Slice(at, length);
        at += length;
        if (!huffman)
        {
            text = raw;
            return true;
        }
        int decoded = HuffmanCode.Decode(raw, _scratch.AsSpan(used));
        if (decoded < 0)
        {
            return false;
        }
        text = _scratch.AsSpan(used, decoded);
        used += decoded;
        return true;
    }

    private bool TryGet(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (index is > 0 and <= HpackStaticTable.Count)
        {
            name = HpackStaticTable.NameOf(index);
            value = HpackStaticTable.ValueOf(index);
            return true;
        }
        index -= HpackStaticTable.Count + 1;
        if ((uint)index >= (uint)_table.Count)
        {
            name = value = [];
            return false;
        }
        _table.Get(index, out name, out value);
        return true;
    }
}
