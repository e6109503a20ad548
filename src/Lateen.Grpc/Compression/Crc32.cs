namespace Lateen.Grpc.Compression;

/// <summary>The checksum of gzip (RFC 1952, section 8), and how checksums of two runs of bytes become that of both.</summary>
/// <remarks>A checksum is a polynomial over GF(2) modulo <see cref="Polynomial"/>, highest power in the lowest bit: 1 is <see cref="One"/>.</remarks>
internal static class Crc32
{
    private const uint Polynomial = 0xedb88320;
    private const uint One = 1u << 31;
    private const uint ByteShift = One >> 8;

    private static readonly uint[] Table = MakeTable();

    /// <summary>The checksum of what <paramref name="crc"/> is the checksum of (0 = nothing), followed by these bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (var b in bytes)
        {
            crc = (crc >> 8) ^ Table[(byte)(crc ^ b)];
        }

        return ~crc;
    }

    /// <summary>The checksum of two runs of bytes from the checksum of each.</summary>
    /// <param name="shift"><see cref="ShiftOf"/> the second run's length.</param>
    public static uint Combine(uint first, uint second, uint shift) => Multiply(first, shift) ^ second;

    /// <summary>What a checksum is multiplied by when so many bytes follow: x to the power of 8 times the length.</summary>
    public static uint ShiftOf(long length)
    {
        var (shift, power) = (One, ByteShift);
        for (; length > 0; length >>= 1)
        {
            shift = (length & 1) != 0 ? Multiply(shift, power) : shift;
            power = Multiply(power, power);
        }

        return shift;
    }

    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        for (var bit = One; bit != 0; bit >>= 1)
        {
            product ^= (a & bit) != 0 ? b : 0;
            b = (b >> 1) ^ ((b & 1) * Polynomial);
        }

        return product;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ ((value & 1) * Polynomial);
            }

            table[i] = value;
        }

        return table;
    }
}
