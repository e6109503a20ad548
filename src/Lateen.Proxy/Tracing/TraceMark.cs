namespace Lateen.Proxy.Tracing;

/// <summary>Why a request is traced, as x-request-id carries it: one digit of the UUID (its version), so that every hop decides alike.</summary>
/// <remarks>Envoy, "x-request-id": 4 not traced, 9 sampled, a forced by the server side, b forced by the client side.</remarks>
internal static class TraceMark
{
    public const byte None = (byte)'4', Sampled = (byte)'9', Forced = (byte)'a', Client = (byte)'b';

    private const int Position = 14, Length = 36;

    public static byte Of(ReadOnlySpan<byte> requestId) => requestId.Length == Length ? requestId[Position] : None;

    public static bool IsTraced(ReadOnlySpan<byte> requestId) => Of(requestId) is Sampled or Forced or Client;

    /// <summary>The id with another mark, in the destination; false if it is no UUID and cannot carry one.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> requestId, byte mark, Span<byte> destination)
    {
        if (requestId.Length != Length)
        {
            return false;
        }
        requestId.CopyTo(destination);
        destination[Position] = mark;
        return true;
    }

    /// <summary>The draw of the id itself: equal on every hop. Its first eight digits, modulo 10,000.</summary>
    public static int Draw(ReadOnlySpan<byte> requestId)
    {
        uint value = 0;
        for (int i = 0; i < 8 && requestId.Length == Length; i++)
        {
            int digit = requestId[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => requestId[i] - '0',
                >= (byte)'a' and <= (byte)'f' => requestId[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => requestId[i] - 'A' + 10,
                _ => 0,
            };
            value = (value << 4) | (uint)digit;
        }
        return (int)(value % 10_000);
    }
}
