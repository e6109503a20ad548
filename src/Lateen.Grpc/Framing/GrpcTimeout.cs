using System.Globalization;

namespace Lateen.Grpc.Framing;

/// <summary>The grpc-timeout header. gRPC over HTTP/2: at most eight digits and one of H, M, S, m, u, n.</summary>
internal static class GrpcTimeout
{
    public const string Header = "grpc-timeout";

    public static string Format(TimeSpan timeout)
    {
        var milliseconds = Math.Max(1, (long)Math.Ceiling(timeout.TotalMilliseconds));
        return milliseconds <= 99_999_999
            ? milliseconds.ToString(CultureInfo.InvariantCulture) + "m"
            : Math.Min(99_999_999, milliseconds / 1000).ToString(CultureInfo.InvariantCulture) + "S";
    }

    public static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is null || text.Length is < 2 or > 9
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }
        // 99999999 hours do not fit a timer; what is longer than 24 days is as good as none.
        var longest = TimeSpan.FromDays(24);
        TimeSpan? unit = text[^1] switch
        {
            'H' => TimeSpan.FromHours(1),
            'M' => TimeSpan.FromMinutes(1),
            'S' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMilliseconds(1),
            'u' => TimeSpan.FromMicroseconds(1),
            'n' => TimeSpan.Zero,
            _ => null,
        };
        if (unit is not { } known)
        {
            return false;
        }
        var total = text[^1] == 'n' ? TimeSpan.FromTicks(value / 100) : value > longest / known ? longest : known * value;
        timeout = total;
        return true;
    }
}
