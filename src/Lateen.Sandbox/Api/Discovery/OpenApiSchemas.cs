using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Schema;

namespace Lateen.Sandbox.Api.Discovery;

/// <summary>The schemas of the built-in kinds by the table of fields: names and types, without the field descriptions.</summary>
internal static class OpenApiSchemas
{
    private const string Components = "#/components/schemas/";

    /// <summary>The properties of a kind; the schemas that they refer to are added to the document's.</summary>
    /// <returns>Null for a kind that the table does not have.</returns>
    public static JsonObject? Properties(ApiResource resource, JsonObject schemas)
    {
        var table = FieldTable.BuiltIn;
        if (table.MessageOf(resource.Group, resource.Version, resource.Kind) is not { } message || table.JsonFields(message) is not { } fields)
        {
            return null;
        }

        var properties = PropertiesOf(fields, schemas);
        if (resource.HasStatus)
        {
            // What controllers write; the table does not tell its fields.
            properties["status"] = new JsonObject { ["type"] = "object" };
        }

        return properties;
    }

    private static JsonObject PropertiesOf(IReadOnlyDictionary<string, string> fields, JsonObject schemas)
    {
        var properties = new JsonObject();
        foreach (var (name, type) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            properties[name] = SchemaOf(type, schemas);
        }

        return properties;
    }

    private static JsonObject SchemaOf(string type, JsonObject schemas) => type switch
    {
        _ when type.StartsWith("[]", StringComparison.Ordinal) => new JsonObject { ["type"] = "array", ["items"] = SchemaOf(type[2..], schemas) },
        _ when type.StartsWith("map ", StringComparison.Ordinal) => new JsonObject { ["type"] = "object", ["additionalProperties"] = SchemaOf(type[4..], schemas) },
        _ when type.Contains('.', StringComparison.Ordinal) => Reference(type, schemas),
        "bool" => Of("boolean", null),
        "int32" or "int64" => Of("integer", type),
        "double" => Of("number", type),
        "bytes" => Of("string", "byte"),
        "time" or "microtime" => Of("string", "date-time"),
        "intstr" => Of("string", "int-or-string"),
        "any" => Of("object", null),
        _ => Of("string", null),
    };

    private static JsonObject Of(string type, string? format) =>
        format is null ? new JsonObject { ["type"] = type } : new JsonObject { ["type"] = type, ["format"] = format };

    private static JsonObject Reference(string message, JsonObject schemas)
    {
        var name = "io.k8s.api." + message;
        if (FieldTable.BuiltIn.JsonFields(message) is not { } fields)
        {
            return Of("object", null);
        }

        if (!schemas.ContainsKey(name))
        {
            // Entered before its fields are: a message may hold itself.
            var schema = new JsonObject { ["type"] = "object" };
            schemas[name] = schema;
            schema["properties"] = PropertiesOf(fields, schemas);
        }

        return new JsonObject { ["allOf"] = new JsonArray((JsonNode)new JsonObject { ["$ref"] = Components + name }) };
    }
}
