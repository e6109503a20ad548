using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Injection.Schema;

/// <summary>Writes a JSON object the way Kubernetes writes an object of its type: known order, empty fields left out, canonical quantities.</summary>
/// <remarks>
/// Both sides of a comparison brought to this form differ only where they mean different things. A field that the type does not
/// know is kept as it is: the cluster's API may be newer than the table.
/// </remarks>
internal static class TypedJson
{
    /// <summary>A new tree; the argument is not changed.</summary>
    /// <param name="lenient">Take a number or a truth value where a text is wanted (a person's YAML), else refuse it (a template's).</param>
    /// <exception cref="FormatException">A value is of another kind than the field; the message names the field's path.</exception>
    public static JsonObject Normalise(KubeType type, JsonObject value, bool lenient) => Struct(type, value, new Reading(lenient), "");

    private static JsonObject Struct(KubeType type, JsonObject value, Reading reading, string path)
    {
        var result = new JsonObject();
        foreach (var field in type.Fields)
        {
            value.TryGetPropertyValue(field.Name, out var node);
            Put(result, field, Value(field.Type, node, reading, Join(path, field.Name)));
        }

        foreach (var (name, node) in value)
        {
            if (type.Field(name) is null)
            {
                result[name] = node?.DeepClone();
            }
        }

        return result;
    }

    private static void Put(JsonObject into, KubeField field, JsonNode? value)
    {
        if (field.Pointer)
        {
            if (value is not null || field.Always)
            {
                into[field.Name] = value;
            }
        }
        else if (field.Always || !IsZero(field.Type, value))
        {
            into[field.Name] = value ?? Zero(field.Type);
        }
        else if (field.Type.Kind == KubeKind.Struct)
        {
            into[field.Name] = value ?? new JsonObject();
        }
    }

    private static JsonNode? Value(KubeType type, JsonNode? node, Reading reading, string path)
    {
        if (node is null)
        {
            return null;
        }

        switch (type.Kind)
        {
            case KubeKind.Struct:
                return Struct(type, node as JsonObject ?? throw Wrong("an object", node, path), reading, path);
            case KubeKind.List:
                var list = node as JsonArray ?? throw Wrong("a list", node, path);
                return new JsonArray([.. list.Select((item, i) => Value(type.Element!, item, reading, $"{path}[{i}]"))]);
            case KubeKind.Map:
                var map = node as JsonObject ?? throw Wrong("a map", node, path);
                return new JsonObject(map.Select(entry =>
                    KeyValuePair.Create(entry.Key, Value(type.Element!, entry.Value, reading, Join(path, entry.Key)))));
            case KubeKind.String:
                return Text(node, reading, path);
            case KubeKind.Quantity:
                return Quantity.Canonical(Text(node, new Reading(true), path)) ?? throw Wrong("a quantity such as 100m or 1Gi", node, path);
            case KubeKind.Whole:
                return node.GetValueKind() == JsonValueKind.Number ? node.DeepClone() : throw Wrong("a number", node, path);
            case KubeKind.Bool:
                return node.GetValueKind() is JsonValueKind.True or JsonValueKind.False
                    ? node.DeepClone()
                    : throw Wrong("true or false", node, path);
            default:
                return node.DeepClone();
        }
    }

    private static string Text(JsonNode node, Reading reading, string path) => node.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when reading.Lenient => node.ToJsonString(),
        _ => throw Wrong("a text (put it in quotes)", node, path),
    };

    private static bool IsZero(KubeType type, JsonNode? value) => value is null || type.Kind switch
    {
        KubeKind.Struct => false,
        KubeKind.List => ((JsonArray)value).Count == 0,
        KubeKind.Map => ((JsonObject)value).Count == 0,
        KubeKind.Bool => value.GetValueKind() == JsonValueKind.False,
        KubeKind.Whole => value.ToJsonString() == "0",
        KubeKind.String => value.GetValue<string>().Length == 0,
        _ => false,
    };

    private static JsonNode? Zero(KubeType type) => type.Kind switch
    {
        KubeKind.Whole or KubeKind.WholeOrString => 0,
        KubeKind.String => "",
        KubeKind.Quantity => "0",
        KubeKind.Bool => false,
        KubeKind.List => null,
        _ => new JsonObject(),
    };

    private static FormatException Wrong(string wanted, JsonNode node, string path) =>
        new($"{path}: {wanted} is wanted, and {Shorten(node.ToJsonString())} is given");

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private readonly record struct Reading(bool Lenient);
}
