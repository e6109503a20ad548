using System.Buffers;
using System.Globalization;

namespace Lateen.Config.Decoding;

/// <summary>Durations as Go writes them: a sign, then numbers with units h, m, s, ms, us, ns (`1h15m30.5s`).</summary>
public static class DurationText
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <returns>False when the text is no duration or does not fit a TimeSpan; parts below 100 ns are rounded up.</returns>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var rest = text.AsSpan();
        var negative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        var ticks = 0m;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(Digits);
            var unit = letters < 0 ? rest : rest[..letters];
            decimal? scale = unit switch
            {
                "h" => TimeSpan.TicksPerHour,
                "m" => TimeSpan.TicksPerMinute,
                "s" => TimeSpan.TicksPerSecond,
                "ms" => TimeSpan.TicksPerMillisecond,
                "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
                "ns" => 0.01m,
                _ => null,
            };
            if (scale is null || number > long.MaxValue)
            {
                return false;
            }

            ticks += number * scale.Value;
            if (ticks > long.MaxValue)
            {
                return false;
            }

            rest = rest[unit.Length..];
        }

        value = TimeSpan.FromTicks((long)decimal.Ceiling(negative ? -ticks : ticks));
        return true;
    }
}
