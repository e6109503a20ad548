namespace Lateen.Injection.GoTemplate;

/// <summary>A Go <c>map[string]any</c>; walked in the order of its keys, as text/template does.</summary>
internal sealed class GoMap : SortedDictionary<string, object?>
{
    public GoMap()
        : base(StringComparer.Ordinal)
    {
    }

    public GoMap(IEnumerable<KeyValuePair<string, object?>> entries)
        : this()
    {
        foreach (var (key, value) in entries)
        {
            this[key] = value;
        }
    }

    /// <summary>What a key that is not there gives: nil, or the zero value of a typed map.</summary>
    public object? Missing { get; init; }

    public object? Get(string key) => TryGetValue(key, out var value) ? value : Missing;
}
