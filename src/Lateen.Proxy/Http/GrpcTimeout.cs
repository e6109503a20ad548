using Lateen.Net.Http1;

namespace Lateen.Proxy.Http;

/// <summary>The grpc-timeout field: up to eight digits and a unit (gRPC over HTTP/2, "Requests").</summary>
internal static class GrpcTimeout
{
    private const int MostDigits = 8;

    /// <summary>The request's; false without one that can be read.</summary>
    public static bool TryRead(MessageHead request, out long milliseconds)
    {
        milliseconds = 0;
        return request.TryGet("grpc-timeout"u8, out ReadOnlySpan<byte> text) && TryParse(text, out milliseconds);
    }

    /// <summary>Milliseconds, rounded up.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long milliseconds)
    {
        milliseconds = 0;
        if (text.Length is < 2 or > MostDigits + 1)
        {
            return false;
        }
        long value = 0;
        foreach (byte c in text[..^1])
        {
            if ((uint)(c - '0') > 9)
            {
                return false;
            }
            value = (value * 10) + (c - '0');
        }
        switch (text[^1])
        {
            case (byte)'H':
                milliseconds = value * 3_600_000;
                return true;
            case (byte)'M':
                milliseconds = value * 60_000;
                return true;
            case (byte)'S':
                milliseconds = value * 1000;
                return true;
            case (byte)'m':
                milliseconds = value;
                return true;
            case (byte)'u':
                milliseconds = (value + 999) / 1000;
                return true;
            case (byte)'n':
                milliseconds = (value + 999_999) / 1_000_000;
                return true;
            default:
                return false;
        }
    }
}
