using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>Fills in the <c>default</c>s of a structural schema.</summary>
internal static class SchemaDefaults
{
    public static void Apply(JsonNode? node, JsonElement schema)
    {
        switch (node)
        {
            case JsonObject obj:
                foreach (var property in schema.Fields("properties"))
                {
                    var value = property.Value.At("default");
                    if (value.ValueKind != JsonValueKind.Undefined && !obj.ContainsKey(property.Name))
                    {
                        obj[property.Name] = JsonNode.Parse(value.GetRawText());
                    }

                    Apply(obj[property.Name], property.Value);
                }

                foreach (var (name, value) in obj)
                {
                    if (schema.At("properties", name).ValueKind == JsonValueKind.Undefined)
                    {
                        Apply(value, schema.At("additionalProperties"));
                    }
                }

                break;
            case JsonArray array:
                foreach (var item in array)
                {
                    Apply(item, schema.At("items"));
                }

                break;
        }
    }
}
