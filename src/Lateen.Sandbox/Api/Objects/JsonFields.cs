using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Reads and writes fields of untyped Kubernetes objects; a field of another type counts as absent.</summary>
internal static class JsonFields
{
    public static JsonObject? Obj(this JsonNode? node, string field) =>
        node is JsonObject obj && obj.TryGetPropertyValue(field, out var value) ? value as JsonObject : null;

    public static JsonArray? Arr(this JsonNode? node, string field) =>
        node is JsonObject obj && obj.TryGetPropertyValue(field, out var value) ? value as JsonArray : null;

    public static string? Str(this JsonNode? node, string field) =>
        node is JsonObject obj && obj.TryGetPropertyValue(field, out var value) ? value.AsText() : null;

    public static string? AsText(this JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static long? Num(this JsonNode? node, string field) =>
        node is JsonObject obj && obj.TryGetPropertyValue(field, out var value) && value is JsonValue number
        && number.GetValueKind() == JsonValueKind.Number
        && long.TryParse(number.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
            ? parsed
            : null;

    public static bool? Bool(this JsonNode? node, string field) =>
        node is JsonObject obj && obj.TryGetPropertyValue(field, out var value) && value is JsonValue flag
            ? flag.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
            : null;

    /// <summary>The objects of an array field; other elements are left out.</summary>
    public static IEnumerable<JsonObject> Each(this JsonNode? node, string field) => node.Arr(field)?.OfType<JsonObject>() ?? [];

    /// <summary>The object field, made when absent.</summary>
    public static JsonObject Ensure(this JsonObject node, string field)
    {
        if (node.Obj(field) is { } present)
        {
            return present;
        }

        var made = new JsonObject();
        node[field] = made;
        return made;
    }

    /// <summary>Sets a field that is absent or null; the API server's defaulting rule.</summary>
    public static void Default(this JsonObject node, string field, JsonNode value)
    {
        if (!node.TryGetPropertyValue(field, out var present) || present is null)
        {
            node[field] = value;
        }
    }

    /// <summary>Follows property names from an element; an absent step gives the default element (Undefined).</summary>
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(step, out element))
            {
                return default;
            }
        }

        return element;
    }

    public static string? Text(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static long? Number(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public static bool IsTrue(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path).ValueKind == JsonValueKind.True;

    /// <summary>The elements of an array field, or none.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    /// <summary>The properties of an object field, or none.</summary>
    public static IEnumerable<JsonProperty> Fields(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Object } obj ? obj.EnumerateObject() : [];

    /// <summary>A point in time as Kubernetes writes metav1.Time: RFC 3339, UTC, whole seconds.</summary>
    public static string Timestamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
