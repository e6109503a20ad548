namespace Lateen.Net.Hpack;

/// <summary>The static Huffman code of RFC 7541 5.2 and Appendix B, for string literals.</summary>
/// <remarks>
/// The code is canonical: within one length, codes ascend with the symbol, so the lengths say everything. Decoding walks a table of states by
/// half bytes: constant work per input byte, whatever a peer sends.
/// </remarks>
internal static class HuffmanCode
{
    private const int Symbols = 257, EndOfString = 256, LongestCode = 30;

    private static readonly uint[] Codes = new uint[Symbols];
    private static readonly Step[] Steps = Build();

    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Length of a string once encoded.</summary>
    public static int EncodedLength(ReadOnlySpan<byte> text)
    {
        long bits = 0;
        foreach (byte b in text)
        {
            bits += Lengths[b];
        }
        return (int)((bits + 7) / 8);
    }

    /// <summary>Encodes; the destination has at least <see cref="EncodedLength"/> bytes. Returns the number written.</summary>
    public static int Encode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        ulong pending = 0;
        int bits = 0, written = 0;
        foreach (byte b in text)
        {
            int length = Lengths[b];
            pending = (pending << length) | Codes[b];
            for (bits += length; bits >= 8; bits -= 8)
            {
                destination[written++] = (byte)(pending >> (bits - 8));
            }
        }
        if (bits > 0)
        {
            // RFC 7541 5.2: padded with the most significant bits of the code for EOS, which are ones.
            destination[written++] = (byte)((pending << (8 - bits)) | (0xffu >> bits));
        }
        return written;
    }

    /// <summary>
    /// Decodes into the destination; returns the length, or -1 if the input is no valid code or the output has no room. A string of n bytes decodes
    /// to at most n * 8 / 5 bytes.
    /// </summary>
    public static int Decode(ReadOnlySpan<byte> input, Span<byte> destination)
    {
        int state = 0, written = 0;
        bool mayEnd = true;
        Step[] steps = Steps;
        foreach (byte b in input)
        {
            Step high = steps[(state << 4) | (b >> 4)];
            if (high.Emits)
            {
                if ((uint)written >= (uint)destination.Length)
                {
                    return -1;
                }
                destination[written++] = high.Symbol;
            }
            Step low = steps[(high.Next << 4) | (b & 15)];
            if (high.Fails || low.Fails)
            {
                return -1;
            }
            if (low.Emits)
            {
                if ((uint)written >= (uint)destination.Length)
                {
                    return -1;
                }
                destination[written++] = low.Symbol;
            }
            (state, mayEnd) = (low.Next, low.MayEnd);
        }
        return mayEnd ? written : -1;
    }

    private static Step[] Build()
    {
        uint code = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            for (int symbol = 0; symbol < Symbols; symbol++)
            {
                if (Lengths[symbol] == length)
                {
                    Codes[symbol] = code++;
                }
            }
            code <<= 1;
        }
        return new TreeBuilder().Steps();
    }

    /// <summary>What four more bits do in one state. No code is shorter than five bits, so at most one symbol ends within them.</summary>
    private readonly record struct Step(ushort Next, byte Symbol, bool Emits, bool Fails, bool MayEnd);

    private sealed class TreeBuilder
    {
        private readonly List<(int Zero, int One)> _nodes = [(0, 0)];
        private readonly List<bool> _mayEnd = [true];

        public TreeBuilder()
        {
            for (int symbol = 0; symbol < Symbols; symbol++)
            {
                Insert(symbol);
            }
            // RFC 7541 5.2: padding is a prefix of EOS (all ones), strictly shorter than eight bits.
            for ((int node, int depth) = (0, 1); depth <= 7; depth++)
            {
                node = _nodes[node].One;
                _mayEnd[node] = true;
            }
        }

        public Step[] Steps()
        {
            Step[] steps = new Step[_nodes.Count * 16];
            for (int i = 0; i < steps.Length; i++)
            {
                steps[i] = Walk(i >> 4, i & 15);
            }
            return steps;
        }

        // Leaves are negative: ~symbol.
        private void Insert(int symbol)
        {
            int node = 0;
            for (int bit = Lengths[symbol] - 1; bit >= 0; bit--)
            {
                bool one = ((Codes[symbol] >> bit) & 1) != 0;
                (int zeroChild, int oneChild) = _nodes[node];
                int next = one ? oneChild : zeroChild;
                if (next == 0)
                {
                    next = bit == 0 ? ~symbol : _nodes.Count;
                    if (bit > 0)
                    {
                        _nodes.Add((0, 0));
                        _mayEnd.Add(false);
                    }
                    _nodes[node] = one ? (zeroChild, next) : (next, oneChild);
                }
                node = next;
            }
        }

        private Step Walk(int node, int nibble)
        {
            byte symbol = 0;
            bool emits = false;
            for (int bit = 3; bit >= 0; bit--)
            {
                int next = ((nibble >> bit) & 1) != 0 ? _nodes[node].One : _nodes[node].Zero;
                if (next == ~EndOfString)
                {
                    // RFC 7541 5.2: the EOS symbol within a string is a decoding error.
                    return new Step(0, 0, false, true, false);
                }
                if (next < 0)
                {
                    (symbol, emits, next) = ((byte)~next, true, 0);
                }
                node = next;
            }
            return new Step((ushort)node, symbol, emits, false, _mayEnd[node]);
        }
    }
}
