namespace Lateen.Net.Hpack;

/// <summary>Integers with a prefix (RFC 7541 5.1).</summary>
internal static class HpackInteger
{
    /// <summary>More continuation bytes than a value of 28 bits needs are refused: nothing in a field block may be that large.</summary>
    private const int MaximumShift = 21;

    /// <summary>Reads a value whose prefix has so many bits; false if it is cut or too large.</summary>
    public static bool TryRead(ReadOnlySpan<byte> input, int prefixBits, ref int at, out int value)
    {
        value = 0;
        if ((uint)at >= (uint)input.Length)
        {
            return false;
        }
        int mask = (1 << prefixBits) - 1;
        value = input[at++] & mask;
        if (value < mask)
        {
            return true;
        }
        for (int shift = 0; shift <= MaximumShift; shift += 7)
        {
            if ((uint)at >= (uint)input.Length)
            {
                return false;
            }
            byte b = input[at++];
            value += (b & 0x7f) << shift;
            if ((b & 0x80) == 0)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Writes a value behind the pattern bits of its first byte; at most six bytes. Returns the number written.</summary>
    public static int Write(Span<byte> destination, int prefixBits, byte pattern, int value)
    {
        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            destination[0] = (byte)(pattern | value);
            return 1;
        }
        destination[0] = (byte)(pattern | mask);
        int n = 1;
        for (value -= mask; value >= 0x80; value >>= 7)
        {
            destination[n++] = (byte)(value | 0x80);
        }
        destination[n++] = (byte)value;
        return n;
    }
}
