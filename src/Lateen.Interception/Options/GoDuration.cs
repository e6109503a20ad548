using System.Buffers;
using System.Globalization;

namespace Lateen.Interception.Options;

/// <summary>Times as Go prints and reads them: <c>1m30s</c>, <c>500ms</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>False for anything that is not a sequence of number and unit (h, m, s, ms, us, ns).</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            rest = rest[digits..];
            int letters = rest.IndexOfAnyInRange('0', '9') is var next and >= 0 ? next : rest.Length;
            double seconds = rest[..letters] switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                "ms" => 1e-3,
                "us" => 1e-6,
                "ns" => 1e-9,
                _ => double.NaN,
            };
            double total = duration.TotalSeconds + (number * seconds);
            if (!(total < TimeSpan.FromDays(1).TotalSeconds))
            {
                return false;
            }

            duration = TimeSpan.FromSeconds(total);
            rest = rest[letters..];
        }

        return text.Length > 0;
    }
}
