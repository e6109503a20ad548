using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>Reads protobuf JSON whose field names are spelled either as in the .proto file or in lowerCamelCase.</summary>
internal static class ProtoJson
{
    /// <summary>Fields whose children are map keys or free-form structs: those names are data and keep their spelling.</summary>
    private static readonly HashSet<string> MapFields = new(StringComparer.Ordinal)
    {
        "filterMetadata", "typedFilterMetadata", "typedPerFilterConfig", "typedExtensionProtocolOptions", "metadataMap", "jsonFormat",
        "keyValues", "staticLayer",
    };

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        IndentSize = 4,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonNode? Field(this JsonObject node, string camelCase) =>
        node.TryGetPropertyValue(camelCase, out JsonNode? value) ? value
        : node.TryGetPropertyValue(SnakeCase(camelCase), out value) ? value : null;

    public static JsonObject? Object(this JsonObject node, string camelCase) => node.Field(camelCase) as JsonObject;

    public static IEnumerable<JsonObject> Objects(this JsonObject node, string camelCase) =>
        node.Field(camelCase) is JsonArray array ? array.OfType<JsonObject>() : [];

    public static IReadOnlyList<string> Texts(this JsonObject node, string camelCase) =>
        node.Field(camelCase) is JsonArray array ? [.. array.Select(item => item?.ToString() ?? "")] : [];

    public static string Text(this JsonObject node, string camelCase) => node.Field(camelCase)?.ToString() ?? "";

    public static int Number(this JsonObject node, string camelCase) =>
        int.TryParse(node.Text(camelCase), out int number) ? number : 0;

    /// <summary>A list of messages as istioctl prints it: lowerCamelCase, without their types, indented by four blanks, <c>[]</c> when empty.</summary>
    public static string Print(IEnumerable<JsonObject> messages) =>
        new JsonArray([.. messages.Select(Untyped)]).ToJsonString(Indented) + "\n";

    /// <summary>One message in the same way.</summary>
    public static string Print(JsonObject message) => Camel(message, false)!.ToJsonString(Indented) + "\n";

    private static JsonObject Untyped(JsonObject message)
    {
        JsonObject printed = (JsonObject)Camel(message, false)!;
        printed.Remove("@type");
        return printed;
    }

    private static JsonNode? Camel(JsonNode? node, bool keysAreData) => node switch
    {
        JsonObject value => new JsonObject(value.Select(field =>
        {
            string name = keysAreData ? field.Key : CamelCase(field.Key);
            return KeyValuePair.Create(name, keysAreData ? field.Value?.DeepClone() : Camel(field.Value, MapFields.Contains(name) || IsStruct(name, field.Value)));
        })),
        JsonArray array => new JsonArray([.. array.Select(item => Camel(item, keysAreData))]),
        _ => node?.DeepClone(),
    };

    // A node's metadata is a struct; that of a cluster or route is a message with structs in it.
    private static bool IsStruct(string name, JsonNode? value) =>
        name == "metadata" && value is JsonObject fields && fields.Field("filterMetadata") is null && fields.Field("typedFilterMetadata") is null;

    private static string CamelCase(string name)
    {
        if (name.StartsWith('@') || !name.Contains('_', StringComparison.Ordinal))
        {
            return name;
        }

        StringBuilder text = new();
        for (int i = 0; i < name.Length; i++)
        {
            text.Append(name[i] == '_' && i + 1 < name.Length ? char.ToUpperInvariant(name[++i]) : name[i]);
        }

        return text.ToString();
    }

    private static string SnakeCase(string name)
    {
        StringBuilder text = new();
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c))
            {
                text.Append('_').Append(char.ToLowerInvariant(c));
            }
            else
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }
}
