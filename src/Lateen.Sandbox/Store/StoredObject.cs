using System.Text.Json;

namespace Lateen.Sandbox.Store;

/// <summary>One version of one object, frozen: the JSON as it is served, and a parsed view of the same bytes.</summary>
/// <remarks>The bytes always begin with <c>{"apiVersion":"…","kind":"…"</c>, so that serving another version is a splice.</remarks>
internal sealed class StoredObject
{
    public StoredObject(ObjectKey key, long resourceVersion, ReadOnlyMemory<byte> json)
    {
        Key = key;
        ResourceVersion = resourceVersion;
        Json = json;
        Root = JsonDocument.Parse(json).RootElement;
    }

    public ObjectKey Key { get; }

    /// <summary>The store's version at which this state was written; also in the JSON's metadata.</summary>
    public long ResourceVersion { get; }

    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>A read-only view, safe from many threads.</summary>
    public JsonElement Root { get; }
}
