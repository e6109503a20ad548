namespace Lateen.Proxy.Runtime;

/// <summary>Objects by name for as long as somebody uses them: who asks for a name while one is alive gets the same.</summary>
/// <remarks>
/// What configuration refers to outlives the configuration only where a route, a connection or the configuration after it still points to it; names
/// come and go for months, so nothing else may keep them. Not thread-safe.
/// </remarks>
internal sealed class WeakTable<T> where T : class
{
    private const int FirstSweep = 64;

    private readonly Dictionary<string, WeakReference<T>> _entries = new(StringComparer.Ordinal);
    private int _sweepAt = FirstSweep;

    /// <summary>Names, those included whose object is gone and not yet swept away.</summary>
    public int Count => _entries.Count;

    public T? Find(string name) => _entries.TryGetValue(name, out WeakReference<T>? entry) && entry.TryGetTarget(out T? value) ? value : null;

    public T GetOrAdd(string name, Func<string, T> make)
    {
        if (Find(name) is { } known)
        {
            return known;
        }
        if (_entries.Count >= _sweepAt)
        {
            Sweep();
        }
        T value = make(name);
        _entries[name] = new WeakReference<T>(value);
        return value;
    }

    /// <summary>Those that are alive.</summary>
    public List<T> All()
    {
        List<T> all = new(_entries.Count);
        foreach (WeakReference<T> entry in _entries.Values)
        {
            if (entry.TryGetTarget(out T? value))
            {
                all.Add(value);
            }
        }
        return all;
    }

    // Each sweep is paid for by as many additions as it left entries.
    private void Sweep()
    {
        foreach ((string name, WeakReference<T> entry) in _entries)
        {
            if (!entry.TryGetTarget(out _))
            {
                _entries.Remove(name);
            }
        }
        _sweepAt = Math.Max(FirstSweep, _entries.Count * 2);
    }
}
