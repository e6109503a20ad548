using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;

namespace Lateen.Injection.Schema;

/// <summary>A JSON object seen by a template as the Go struct of its type: Go names, zero values for what is not set.</summary>
/// <remarks>A getter (<c>GetName</c>) is the field, as in generated Go code. The JSON is read, never changed.</remarks>
internal sealed class TypedStruct : IGoStruct
{
    private readonly KubeType _type;
    private readonly JsonObject? _json;

    public TypedStruct(KubeType type, JsonObject? json)
    {
        _type = type;
        _json = json;
    }

    public string TypeName => _type.Name;

    public bool TryGetField(string name, out object? value)
    {
        var field = _type.GoField(name)
            ?? (name.StartsWith("Get", StringComparison.Ordinal) ? _type.GoField(name[3..]) : null);
        if (field is not null)
        {
            value = View(field.Type, _json?[field.Name], field.Pointer);
            return true;
        }

        // Not in the table of known fields, but given: the user's API is newer than the table.
        var given = _json?.FirstOrDefault(entry => string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase));
        value = given is { Key: not null } entry ? GoValue.FromJson(entry.Value) : null;
        return given is { Key: not null };
    }

    public JsonNode? ToJson() => _json?.DeepClone();

    /// <summary>A value of the type; a pointer that is not set is nil, anything else that is not set is the zero value.</summary>
    public static object? View(KubeType type, JsonNode? node, bool pointer = false) => type.Kind switch
    {
        KubeKind.Wrapper => new WrapperValue(GoValue.FromJson(node)),
        _ when node is null && pointer => null,
        KubeKind.Struct => new TypedStruct(type, node as JsonObject),
        KubeKind.List => (node as JsonArray)?.Select(item => View(type.Element!, item)).ToList() ?? [],
        KubeKind.Map => new GoMap((node as JsonObject ?? []).Select(entry => KeyValuePair.Create(entry.Key, View(type.Element!, entry.Value))))
        {
            Missing = type.Element!.Kind is KubeKind.Any ? null : View(type.Element, null),
        },
        KubeKind.String or KubeKind.Quantity => node is JsonValue text ? TextOf(text) : "",
        KubeKind.Whole => GoValue.FromJson(node) as long? ?? 0,
        KubeKind.Bool => GoValue.FromJson(node) as bool? ?? false,
        _ => GoValue.FromJson(node),
    };

    private static string TextOf(JsonValue value) =>
        value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
