using System.Globalization;

namespace Lateen.Agent.Settings;

/// <summary>Durations as Go writes them: <c>24h</c>, <c>1h30m</c>, <c>1.5s</c>, <c>100ms</c>; only what an agent is told, so no signs and no micro units.</summary>
internal static class GoDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }
            int unit = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                at++;
            }
            double seconds = text[unit..at] switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 0.001, _ => 0 };
            if (seconds == 0 || !double.TryParse(text.AsSpan(start, unit - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)
                || count * seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            {
                return false;
            }
            duration += TimeSpan.FromSeconds(count * seconds);
        }
        return text.Length > 0;
    }
}
