using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>Removes fields that a structural schema does not know (Kubernetes, "Field pruning").</summary>
internal static class SchemaPruning
{
    /// <summary>Prunes the object in place.</summary>
    /// <returns>The paths of the removed fields.</returns>
    public static IReadOnlyList<string> Prune(JsonObject obj, JsonElement schema)
    {
        var removed = new List<string>();
        foreach (var (name, value) in obj.ToList())
        {
            // The type and the metadata are the server's, whatever the schema says.
            if (name is not ("apiVersion" or "kind" or "metadata"))
            {
                PruneField(obj, name, value, schema, name, removed);
            }
        }

        return removed;
    }

    private static void PruneField(JsonObject obj, string name, JsonNode? value, JsonElement schema, string path, List<string> removed)
    {
        var known = schema.At("properties", name);
        var additional = schema.At("additionalProperties");
        if (known.ValueKind == JsonValueKind.Object)
        {
            PruneValue(value, known, path, removed);
        }
        else if (additional.ValueKind == JsonValueKind.Object)
        {
            PruneValue(value, additional, path, removed);
        }
        else if (additional.ValueKind != JsonValueKind.True && !schema.IsTrue("x-kubernetes-preserve-unknown-fields"))
        {
            obj.Remove(name);
            removed.Add(path);
        }
    }

    private static void PruneValue(JsonNode? node, JsonElement schema, string path, List<string> removed)
    {
        switch (node)
        {
            case JsonObject obj:
                foreach (var (name, value) in obj.ToList())
                {
                    if (!(schema.IsTrue("x-kubernetes-embedded-resource") && name is "apiVersion" or "kind" or "metadata"))
                    {
                        PruneField(obj, name, value, schema, $"{path}.{name}", removed);
                    }
                }

                break;
            case JsonArray array:
                var index = 0;
                foreach (var item in array)
                {
                    PruneValue(item, schema.At("items"), string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), removed);
                }

                break;
        }
    }
}
