using System.Text;

namespace Lateen.Agent.Settings;

/// <summary>The downward API's file form of labels and annotations: one <c>key="value"</c> per line, the value as a quoted Go string.</summary>
internal static class DownwardFile
{
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return pairs;
        }
        foreach (var line in File.ReadLines(path))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                pairs[line[..equals]] = Unquote(line[(equals + 1)..]);
            }
        }
        return pairs;
    }

    private static string Unquote(string quoted)
    {
        if (quoted.Length < 2 || quoted[0] != '"' || quoted[^1] != '"')
        {
            return quoted;
        }
        var text = new StringBuilder(quoted.Length);
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] != '\\' || i + 1 >= quoted.Length - 1)
            {
                text.Append(quoted[i]);
                continue;
            }
            text.Append(quoted[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
        }
        return text.ToString();
    }
}
