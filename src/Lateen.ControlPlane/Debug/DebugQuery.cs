namespace Lateen.ControlPlane.Debug;

/// <summary>The parameters of a debug page's address.</summary>
internal sealed class DebugQuery(IReadOnlyDictionary<string, string> parameters)
{
    /// <summary>The value of a parameter; empty when it is not given.</summary>
    public string this[string name] => parameters.GetValueOrDefault(name, "");

    /// <summary>Whether a parameter is given, with a value or without.</summary>
    public bool Has(string name) => parameters.ContainsKey(name);

    /// <summary>Reads `a=b&amp;c=d`; the first of several values counts.</summary>
    public static DebugQuery Parse(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            parameters.TryAdd(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
        }

        return new DebugQuery(parameters);
    }
}
