namespace Lateen.Injection;

/// <summary>The parameters that the path of the webhook carries: <c>/inject/k1/v1/k2/v2</c> or <c>/inject/:ENV:k1=v1:ENV:k2=v2</c>.</summary>
/// <remarks>Each becomes an environment variable of the sidecar. In the first form <c>--slash--</c> stands for a slash in a value.</remarks>
public static class InjectionPath
{
    private const string Separator = ":ENV:";

    /// <summary>Names of environment variables and their values; what is not a pair is left out.</summary>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        var rest = path.StartsWith("/inject", StringComparison.Ordinal) ? path["/inject".Length..].Trim('/') : "";
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in rest.StartsWith(Separator, StringComparison.Ordinal) ? Entries(rest) : Segments(rest))
        {
            if (name.Length > 0)
            {
                result[Variable(name)] = value;
            }
        }

        return result;
    }

    private static IEnumerable<(string Name, string Value)> Entries(string text) => text
        .Split(Separator, StringSplitOptions.RemoveEmptyEntries)
        .Select(entry => entry.Split('=', 2))
        .Where(pair => pair.Length == 2 && pair[0].Length > 0)
        .Select(pair => (pair[0], pair[1]));

    private static IEnumerable<(string Name, string Value)> Segments(string text)
    {
        var parts = text.Split('/');
        for (var i = 0; i + 1 < parts.Length; i += 2)
        {
            yield return (parts[i], parts[i + 1].Replace("--slash--", "/", StringComparison.Ordinal));
        }
    }

    private static string Variable(string name) => name switch
    {
        "cluster" => "ISTIO_META_CLUSTER_ID",
        "net" => "ISTIO_META_NETWORK",
        _ => name.ToUpperInvariant(),
    };
}
