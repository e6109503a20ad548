namespace Lateen.Xds.Server;

/// <summary>The names of a subscription: immutable, one object for all streams that name the same, so that each holds a reference and no copy.</summary>
internal sealed class NameSet
{
    private readonly string[] _names;
    private readonly Dictionary<string, int> _places;

    /// <param name="names">Each once; `*` stands for the wildcard and is no name.</param>
    /// <param name="isWildcard">Whether `*` was among them.</param>
    private NameSet(string[] names, bool isWildcard)
    {
        (_names, IsWildcard) = (names, isWildcard);
        _places = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            _places.Add(names[i], i);
        }

        Set = names.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>No names.</summary>
    public static NameSet Empty { get; } = new([], false);

    /// <summary>The names in the order in which they were first told.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The names as a set; the same instance for the same object.</summary>
    public IReadOnlySet<string> Set { get; }

    /// <summary>Whether `*` was named.</summary>
    public bool IsWildcard { get; }

    public int Count => _names.Length;

    public static NameSet Of(IEnumerable<string> names)
    {
        var distinct = names.Distinct(StringComparer.Ordinal).ToList();
        var isWildcard = distinct.Remove("*");
        return distinct.Count == 0 && !isWildcard ? Empty : new([.. distinct], isWildcard);
    }

    public bool Contains(string name) => _places.ContainsKey(name);

    /// <summary>The place of a name among <see cref="Names"/>; -1 when it is none of them.</summary>
    public int PlaceOf(string name) => _places.TryGetValue(name, out var place) ? place : -1;

    /// <summary>Whether both name the same, in whatever order.</summary>
    public bool IsSame(NameSet other) =>
        ReferenceEquals(this, other) || (Count == other.Count && IsWildcard == other.IsWildcard && Set.SetEquals(other._names));
}
