using System.Text;

namespace Lateen.Injection.Files;

/// <summary>Cuts a file of several YAML documents into the texts of its documents.</summary>
internal static class ManifestText
{
    /// <summary>The documents that hold more than blanks and comments, as they were written, without their separators.</summary>
    public static IEnumerable<string> Split(string text)
    {
        var document = new StringBuilder();
        using var lines = new StringReader(text);
        while (lines.ReadLine() is { } line)
        {
            if (line == "---" || line.StartsWith("--- ", StringComparison.Ordinal) || line.StartsWith("---\t", StringComparison.Ordinal))
            {
                if (HasContent(document))
                {
                    yield return document.ToString();
                }

                document.Clear();
            }
            else
            {
                document.Append(line).Append('\n');
            }
        }

        if (HasContent(document))
        {
            yield return document.ToString();
        }
    }

    private static bool HasContent(StringBuilder document) => document.ToString().Split('\n')
        .Any(line => line.Trim() is { Length: > 0 } content && content[0] != '#');
}
