using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Store;

/// <summary>Turns objects into the canonical bytes that the store holds and the endpoint serves.</summary>
internal static class ObjectJson
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Serialises with apiVersion and kind first and metadata third, as <see cref="StoredObject"/> requires.</summary>
    public static byte[] Serialize(JsonObject obj)
    {
        using var buffer = new MemoryStream(1024);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            foreach (var first in (ReadOnlySpan<string>)["apiVersion", "kind", "metadata"])
            {
                if (obj.TryGetPropertyValue(first, out var value) && value is not null)
                {
                    writer.WritePropertyName(first);
                    value.WriteTo(writer);
                }
            }

            foreach (var (name, value) in obj)
            {
                if (value is not null && name is not ("apiVersion" or "kind" or "metadata"))
                {
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Any node, with the same escaping as objects.</summary>
    public static byte[] SerializeNode(JsonNode node)
    {
        using var buffer = new MemoryStream(1024);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            node.WriteTo(writer);
        }

        return buffer.ToArray();
    }

    /// <summary>A mutable copy of a stored object.</summary>
    public static JsonObject Thaw(StoredObject stored) => JsonNode.Parse(stored.Json.Span)!.AsObject();
}
