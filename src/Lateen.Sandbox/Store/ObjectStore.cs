using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Store;

/// <summary>All objects of the sandbox: optimistic writes under one global version, ordered lists, and watches from a past version.</summary>
/// <remarks>
/// Objects are held in memory and written through to SQLite; a ring of the last changes serves watches that start in the
/// past. Every public member may be called from any thread; one lock orders the writes, so events are seen in version order.
/// </remarks>
internal sealed class ObjectStore : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SqliteJournal _journal;
    private readonly Dictionary<string, SortedDictionary<(string Namespace, string Name), StoredObject>> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _changed = new(StringComparer.Ordinal);
    private readonly StoreEvent?[] _history;
    private readonly int _watchCapacity;
    private readonly List<StoreWatch> _watches = [];
    private long _version;
    private long _historyCount;
    private long _forgotten;

    /// <param name="path">The SQLite file, or null to keep nothing on disk.</param>
    /// <param name="historyCapacity">How many past changes a watch may resume from.</param>
    /// <param name="watchCapacity">How many changes a watcher may be behind before it is cut off.</param>
    public ObjectStore(string? path, int historyCapacity = 2048, int watchCapacity = 1024)
    {
        _history = new StoreEvent?[historyCapacity];
        _watchCapacity = watchCapacity;
        _journal = new SqliteJournal(path);
        _version = _forgotten = Math.Max(1, _journal.ReadVersion());
        foreach (var obj in _journal.ReadAll())
        {
            Bucket(obj.Key.Resource)[(obj.Key.Namespace, obj.Key.Name)] = obj;
        }
    }

    /// <summary>The version of the last change.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>The version of the last change to the resource since the store was opened; 0 when there was none.</summary>
    public long VersionOf(string resource)
    {
        lock (_lock)
        {
            return _changed.GetValueOrDefault(resource);
        }
    }

    public StoredObject? Get(ObjectKey key)
    {
        lock (_lock)
        {
            return Find(key);
        }
    }

    /// <summary>The resource's objects in one namespace, or in all (<paramref name="ns"/> null), ordered by namespace and name.</summary>
    public StoreList List(string resource, string? ns)
    {
        lock (_lock)
        {
            if (!_objects.TryGetValue(resource, out var bucket))
            {
                return new StoreList([], _version);
            }

            var items = new List<StoredObject>(ns is null ? bucket.Count : 16);
            foreach (var ((itemNamespace, _), obj) in bucket)
            {
                if (ns is null || itemNamespace == ns)
                {
                    items.Add(obj);
                }
            }

            return new StoreList(items, _version);
        }
    }

    /// <summary>Writes a new object; null when the name is taken.</summary>
    public StoredObject? Create(ObjectKey key, JsonObject obj)
    {
        lock (_lock)
        {
            if (Find(key) is not null)
            {
                return null;
            }

            var stored = Freeze(key, obj);
            _journal.Put(stored);
            Bucket(key.Resource)[(key.Namespace, key.Name)] = stored;
            Publish(new StoreEvent(StoreEventKind.Added, stored, null));
            return stored;
        }
    }

    /// <summary>Writes the next state of an object; null when <paramref name="expected"/> is no longer its state.</summary>
    public StoredObject? Replace(StoredObject expected, JsonObject obj)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(Find(expected.Key), expected))
            {
                return null;
            }

            var stored = Freeze(expected.Key, obj);
            _journal.Put(stored);
            Bucket(expected.Key.Resource)[(expected.Key.Namespace, expected.Key.Name)] = stored;
            Publish(new StoreEvent(StoreEventKind.Modified, stored, expected));
            return stored;
        }
    }

    /// <summary>Removes an object; null when <paramref name="expected"/> is no longer its state, else its last state.</summary>
    public StoredObject? Remove(StoredObject expected)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(Find(expected.Key), expected))
            {
                return null;
            }

            var last = Freeze(expected.Key, ObjectJson.Thaw(expected));
            _journal.Delete(expected.Key, last.ResourceVersion);
            Bucket(expected.Key.Resource).Remove((expected.Key.Namespace, expected.Key.Name));
            Publish(new StoreEvent(StoreEventKind.Deleted, last, expected));
            return last;
        }
    }

    /// <summary>Changes after <paramref name="fromVersion"/>; null when the history no longer reaches back that far.</summary>
    public StoreWatch? Watch(string resource, string? ns, long fromVersion)
    {
        lock (_lock)
        {
            if (fromVersion < _forgotten)
            {
                return null;
            }

            var missed = Math.Min(_historyCount, _history.Length);
            var watch = new StoreWatch(this, resource, ns, _watchCapacity + (int)missed);
            for (var i = _historyCount - missed; i < _historyCount; i++)
            {
                var change = _history[i % _history.Length]!;
                if (change.Object.ResourceVersion > fromVersion && watch.Wants(change.Object.Key))
                {
                    watch.Offer(change);
                }
            }

            _watches.Add(watch);
            return watch;
        }
    }

    /// <summary>The resource's present state and everything after it, without a gap between the two.</summary>
    public (StoreList Present, StoreWatch Watch) ListAndWatch(string resource, string? ns)
    {
        lock (_lock)
        {
            return (List(resource, ns), Watch(resource, ns, _version)!);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _watches.ForEach(watch => watch.Complete());
            _watches.Clear();
            _journal.Dispose();
        }
    }

    internal void Unsubscribe(StoreWatch watch)
    {
        lock (_lock)
        {
            _watches.Remove(watch);
            watch.Complete();
        }
    }

    private StoredObject? Find(ObjectKey key) =>
        _objects.TryGetValue(key.Resource, out var bucket) ? bucket.GetValueOrDefault((key.Namespace, key.Name)) : null;

    private SortedDictionary<(string Namespace, string Name), StoredObject> Bucket(string resource)
    {
        if (!_objects.TryGetValue(resource, out var bucket))
        {
            bucket = new(Comparer<(string Namespace, string Name)>.Create(static (a, b) =>
                string.CompareOrdinal(a.Namespace, b.Namespace) is var order and not 0 ? order : string.CompareOrdinal(a.Name, b.Name)));
            _objects[resource] = bucket;
        }

        return bucket;
    }

    private StoredObject Freeze(ObjectKey key, JsonObject obj)
    {
        // The version is taken even if the disk then refuses: a gap in the versions is harmless, a version used twice is not.
        var version = ++_version;
        obj["metadata"]!["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(key, version, ObjectJson.Serialize(obj));
    }

    private void Publish(StoreEvent change)
    {
        var slot = _historyCount++ % _history.Length;
        if (_history[slot] is { } oldest)
        {
            _forgotten = oldest.Object.ResourceVersion;
        }

        _history[slot] = change;
        _changed[change.Object.Key.Resource] = change.Object.ResourceVersion;
        _watches.RemoveAll(watch => watch.Wants(change.Object.Key) && !watch.Offer(change));
    }
}
