using System.Text;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>Sets and removes query parameters of a request target.</summary>
internal static class QueryEdit
{
    /// <summary>The target with parameters set (in place of all of that name) and removed.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> target, IReadOnlyList<(string Name, string Value)> set, IReadOnlyList<string> removed)
    {
        string text = Encoding.UTF8.GetString(target);
        int mark = text.IndexOf('?', StringComparison.Ordinal);
        string path = mark < 0 ? text : text[..mark];
        IEnumerable<string> kept = (mark < 0 ? "" : text[(mark + 1)..]).Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(p => !removed.Contains(NameOf(p)) && !set.Any(s => s.Name == NameOf(p)));
        string query = string.Join('&', kept.Concat(set.Select(s => $"{Uri.EscapeDataString(s.Name)}={Uri.EscapeDataString(s.Value)}")));
        return Encoding.UTF8.GetBytes(query.Length > 0 ? $"{path}?{query}" : path);
    }

    private static string NameOf(string parameter) => Uri.UnescapeDataString(parameter.Split('=', 2)[0]);
}
