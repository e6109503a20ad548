namespace Lateen.Proxy.Admin;

/// <summary>The parameters of an admin request. A name without a value is present and empty.</summary>
internal sealed class AdminQuery
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public AdminQuery(string query)
    {
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = Uri.UnescapeDataString(equals < 0 ? part : part[..equals]);
            _values[name] = equals < 0 ? string.Empty : Uri.UnescapeDataString(part[(equals + 1)..].Replace('+', ' '));
        }
    }

    public IEnumerable<KeyValuePair<string, string>> All => _values;

    public bool Has(string name) => _values.ContainsKey(name);

    public string? Get(string name) => _values.GetValueOrDefault(name);
}
