namespace Lateen.Xds.Server;

/// <summary>Versions of the resources that a proxy was last sent, by name. For one stream; not safe for several threads.</summary>
/// <remarks>
/// Of the names that it subscribed to only the versions are held, by the name's place in the set that streams share: a thousand resources cost
/// a stream 8 KB. Others (of a wildcard) are in a dictionary of their own.
/// </remarks>
internal sealed class SentVersions
{
    private NameSet _names = NameSet.Empty;
    private string?[] _versions = [];
    private Dictionary<string, string>? _others;

    /// <summary>How many resources the proxy has.</summary>
    public int Count { get; private set; }

    public IEnumerable<string> Names => _versions.Index().Where(entry => entry.Item is not null).Select(entry => _names.Names[entry.Index]).Concat((IEnumerable<string>?)_others?.Keys ?? []);

    public bool Contains(string name) => Find(name) is not null;

    /// <summary>The version of a name; null when it was not sent.</summary>
    public string? Find(string name) => _names.PlaceOf(name) is >= 0 and var place ? _versions[place] : _others?.GetValueOrDefault(name);

    /// <summary>Takes a version in place of the one before.</summary>
    /// <param name="likelyPlace">Where the name probably stands in the set: answers come in the order of their names.</param>
    /// <returns>Whether it is another one.</returns>
    public bool Set(string name, string version, int likelyPlace = -1)
    {
        var place = (uint)likelyPlace < (uint)_versions.Length && _names.Names[likelyPlace] == name ? likelyPlace : _names.PlaceOf(name);
        if (place < 0)
        {
            return SetOther(name, version);
        }

        var before = _versions[place];
        if (before == version)
        {
            return false;
        }

        Count += before is null ? 1 : 0;
        _versions[place] = version;
        return true;
    }

    public void Remove(string name)
    {
        if (_names.PlaceOf(name) is >= 0 and var place)
        {
            Count -= _versions[place] is null ? 0 : 1;
            _versions[place] = null;
        }
        else if (_others?.Remove(name) == true)
        {
            Count--;
        }
    }

    public void Clear()
    {
        Array.Clear(_versions);
        _others = null;
        Count = 0;
    }

    /// <summary>The subscription has other names now: what is known of resources stays.</summary>
    /// <param name="keepsGone">Also of the names that it had and has no more.</param>
    public void MoveTo(NameSet names, bool keepsGone)
    {
        if (ReferenceEquals(names, _names))
        {
            return;
        }

        var (oldNames, oldVersions, others) = (_names, _versions, _others);
        (_names, _versions, _others, Count) = (names, names.Count == 0 ? [] : new string?[names.Count], null, 0);
        for (var i = 0; i < oldVersions.Length; i++)
        {
            if (oldVersions[i] is { } version && (keepsGone || names.Contains(oldNames.Names[i])))
            {
                Set(oldNames.Names[i], version);
            }
        }

        foreach (var (name, version) in others ?? [])
        {
            Set(name, version);
        }
    }

    private bool SetOther(string name, string version)
    {
        _others ??= new Dictionary<string, string>(StringComparer.Ordinal);
        if (_others.TryGetValue(name, out var before))
        {
            _others[name] = version;
            return before != version;
        }

        _others[name] = version;
        Count++;
        return true;
    }
}
