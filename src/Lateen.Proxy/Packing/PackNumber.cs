namespace Lateen.Proxy.Packing;

/// <summary>Numbers of packed bytes: seven bits a byte, the lowest first.</summary>
internal static class PackNumber
{
    /// <summary>Bytes of the longest number that is written.</summary>
    public const int Longest = 3;

    public static void Write(Span<byte> output, ref int at, int number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            output[at++] = (byte)(number | 0x80);
        }
        output[at++] = (byte)number;
    }

    public static int Read(ReadOnlySpan<byte> input, ref int at)
    {
        int number = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = input[at++];
            number |= (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return number;
            }
        }
    }
}
