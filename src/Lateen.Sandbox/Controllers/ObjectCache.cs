using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Told about every change of a cached object, one after the other.</summary>
internal interface IObjectListener
{
    /// <summary>An object appeared (before is null), changed, or went (after is null).</summary>
    void Changed(ResourceType type, JsonObject? before, JsonObject? after);
}

/// <summary>The last known state of all objects of one type.</summary>
/// <remarks>Objects are shared between readers and must not be changed; <c>DeepClone</c> first. Thread-safe.</remarks>
internal sealed class ObjectCache(ResourceType type) : IInformerSink<JsonObject>
{
    private readonly ConcurrentDictionary<ObjectKey, JsonObject> _objects = new();
    private readonly List<IObjectListener> _listeners = [];

    /// <summary>The objects' type.</summary>
    public ResourceType Type => type;

    /// <summary>All objects.</summary>
    public ICollection<JsonObject> All => _objects.Values;

    /// <summary>The objects of a namespace.</summary>
    public IEnumerable<JsonObject> In(string ns) => _objects.Where(pair => pair.Key.Namespace == ns).Select(pair => pair.Value);

    /// <summary>One object; null when it is not known.</summary>
    public JsonObject? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    /// <summary>Adds a listener; only before the informer runs.</summary>
    public void Subscribe(IObjectListener listener) => _listeners.Add(listener);

    /// <summary>
    /// Reads the whole object once: the JSON nodes build their members lazily and not under a lock, so a node that
    /// several threads read must have been read through by one first.
    /// </summary>
    public static JsonObject Materialize(JsonObject value)
    {
        Touch(value);
        return value;
    }

    public void Reset(IReadOnlyList<JsonObject> items)
    {
        HashSet<ObjectKey> present = [.. items.Select(ObjectKey.Of)];
        foreach (ObjectKey key in _objects.Keys.Where(key => !present.Contains(key)).ToList())
        {
            Delete(key);
        }

        foreach (JsonObject item in items)
        {
            Upsert(item);
        }
    }

    public void Upsert(JsonObject item)
    {
        ObjectKey key = ObjectKey.Of(item);
        JsonObject? before = Find(key);
        // An object that was deleted and made again between two events is two objects.
        if (before is not null && before.Uid() != item.Uid())
        {
            Delete(key);
            before = null;
        }

        _objects[key] = item;
        Tell(before, item);
    }

    public void Delete(ObjectKey key)
    {
        if (_objects.TryRemove(key, out JsonObject? before))
        {
            Tell(before, null);
        }
    }

    private void Tell(JsonObject? before, JsonObject? after)
    {
        foreach (IObjectListener listener in _listeners)
        {
            listener.Changed(type, before, after);
        }
    }

    private static void Touch(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (KeyValuePair<string, JsonNode?> member in members)
            {
                Touch(member.Value);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (JsonNode? item in items)
            {
                Touch(item);
            }
        }
    }
}
