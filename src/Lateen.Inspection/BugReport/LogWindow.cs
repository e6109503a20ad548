using System.Globalization;
using System.Text;

namespace Lateen.Inspection.BugReport;

/// <summary>A span of time that is cut out of logs.</summary>
/// <param name="Start">Null = from the beginning.</param>
/// <param name="End">Null = to the end.</param>
public sealed record LogWindow(DateTimeOffset? Start, DateTimeOffset? End)
{
    /// <summary>The lines of that time; a line without a time belongs to the one before it.</summary>
    public string Cut(string log)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (Start is null && End is null)
        {
            return log;
        }

        StringBuilder kept = new();
        bool isIn = Start is null;
        foreach (string line in log.Split('\n'))
        {
            if (TimeOf(line) is { } time)
            {
                isIn = (Start is null || time >= Start) && (End is null || time <= End);
            }

            if (isIn && line.Length > 0)
            {
                kept.Append(line).Append('\n');
            }
        }

        return kept.ToString();
    }

    // `2024-01-01T00:00:00.000000Z\tinfo\t…`, or `[2024-01-01T00:00:00.000Z] "GET …` of an access log.
    private static DateTimeOffset? TimeOf(string line)
    {
        string word = line.TrimStart('[').Split(['\t', ' ', ']'], 2)[0];
        return word.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(word, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
    }
}
