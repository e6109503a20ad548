using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>Values as Go's fmt and Kubernetes' label package write them, which is how istioctl's sentences have them.</summary>
internal static class GoText
{
    /// <summary>`[a b]`.</summary>
    public static string List<T>(IEnumerable<T> items) => $"[{string.Join(' ', items)}]";

    /// <summary>In double quotes.</summary>
    public static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>`a=b,c=d`, by name.</summary>
    public static string Selector(EquatableMap<string, string> labels) =>
        string.Join(',', labels.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value}"));
}
