using System.Globalization;

namespace Lateen.Config.Analysis.Reports;

/// <summary>A wish not to be told of one code for objects whose `Kind namespace/name` matches a pattern, where `*` is any text.</summary>
public sealed record MessageSuppression(string Code, string Pattern)
{
    private static readonly (int First, int Last)[] Retired = [(105, 105), (114, 115), (120, 121), (124, 124)];

    /// <summary>Whether the reference release has a message of that code.</summary>
    public bool IsKnownCode => Code is "IST0001" or "IST0002"
        || (Code.StartsWith("IST", StringComparison.Ordinal)
            && int.TryParse(Code.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 101 and <= 161 && Code.Length == 7
            && !Retired.Any(range => number >= range.First && number <= range.Last));

    /// <summary>Reads `CODE=PATTERN`; null when the text is none.</summary>
    public static MessageSuppression? Parse(string text) =>
        text.Split('=') is [{ Length: > 0 } code, var pattern] ? new MessageSuppression(code, pattern) : null;

    public bool Covers(ConfigProblem problem) =>
        problem.Code == Code && problem.Where.Resource is { } resource && IsMatch(Pattern, resource.ToString());

    private static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var star = pattern.IndexOf('*');
        if (star < 0)
        {
            return pattern.SequenceEqual(text);
        }

        if (!text.StartsWith(pattern[..star]))
        {
            return false;
        }

        var rest = pattern[(star + 1)..];
        for (var from = star; from <= text.Length; from++)
        {
            if (IsMatch(rest, text[from..]))
            {
                return true;
            }
        }

        return false;
    }
}
