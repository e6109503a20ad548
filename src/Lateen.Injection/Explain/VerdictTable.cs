using System.Text;

namespace Lateen.Injection.Explain;

/// <summary>Prints verdicts as the table of <c>x check-inject</c>.</summary>
public static class VerdictTable
{
    private const int Gap = 2;

    /// <summary>Rows end without blanks; a column is as wide as its longest cell in bytes, colour codes included, plus two.</summary>
    /// <param name="verdicts">In the order in which they are to stand.</param>
    /// <param name="colour">Whether the marks are green and red.</param>
    public static string Render(IReadOnlyList<WebhookVerdict> verdicts, bool colour)
    {
        List<string[]> rows = [["WEBHOOK", "REVISION", "INJECTED", "REASON"]];
        rows.AddRange(verdicts.Select(verdict => new[] { verdict.Webhook, verdict.Revision, Mark(verdict.Injected, colour), verdict.Reason }));
        var widths = Enumerable.Range(0, 3).Select(column => rows.Max(row => Encoding.UTF8.GetByteCount(row[column])) + Gap).ToArray();
        var into = new StringBuilder();
        foreach (var row in rows)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                into.Append(row[column]).Append(' ', widths[column] - Encoding.UTF8.GetByteCount(row[column]));
            }

            into.Append(row[^1]).Append('\n');
        }

        return into.ToString();
    }

    private static string Mark(bool injected, bool colour) => (injected, colour) switch
    {
        (true, true) => "\e[32m✔\e[0m",
        (false, true) => "\e[31m✘\e[0m",
        (true, false) => "✔",
        _ => "✘",
    };
}
