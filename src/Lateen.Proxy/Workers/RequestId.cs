namespace Lateen.Proxy.Workers;

/// <summary>Random (version 4) UUIDs in text form, as x-request-id carries them.</summary>
internal static class RequestId
{
    public const int Length = 36;

    public static void Write(FastRandom random, Span<byte> destination)
    {
        Span<byte> raw = stackalloc byte[16];
        BitConverter.TryWriteBytes(raw, random.Next());
        BitConverter.TryWriteBytes(raw[8..], random.Next());
        raw[6] = (byte)((raw[6] & 0x0f) | 0x40);
        raw[8] = (byte)((raw[8] & 0x3f) | 0x80);
        int o = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            if (i is 4 or 6 or 8 or 10)
            {
                destination[o++] = (byte)'-';
            }
            destination[o++] = "0123456789abcdef"u8[raw[i] >> 4];
            destination[o++] = "0123456789abcdef"u8[raw[i] & 15];
        }
    }
}
