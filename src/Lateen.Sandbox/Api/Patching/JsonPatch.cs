using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Patching;

/// <summary>RFC 6902: a list of operations, all or none.</summary>
internal static class JsonPatch
{
    /// <summary>The patched copy; throws a 422 that names the operation when one can not be done.</summary>
    public static JsonNode Apply(JsonNode target, JsonArray operations)
    {
        JsonNode? root = target.DeepClone();
        var index = 0;
        foreach (var operation in operations)
        {
            try
            {
                ApplyOne(ref root, operation as JsonObject ?? throw new FormatException("an operation has to be an object"));
            }
            catch (FormatException problem)
            {
                throw new ApiException(
                    422, "Invalid", string.Create(CultureInfo.InvariantCulture, $"the server rejected our request due to an error in our request: JSON patch operation {index}: {problem.Message}"));
            }

            index++;
        }

        return root ?? throw new ApiException(422, "Invalid", "the JSON patch removed the whole object");
    }

    private static void ApplyOne(ref JsonNode? root, JsonObject operation)
    {
        var path = Pointer(operation.Str("path") ?? throw new FormatException("path is missing"));
        switch (operation.Str("op"))
        {
            case "add":
                Add(ref root, path, operation["value"]?.DeepClone());
                break;
            case "remove":
                Remove(ref root, path);
                break;
            case "replace":
                Get(root, path);
                Set(ref root, path, operation["value"]?.DeepClone());
                break;
            case "test":
                if (!JsonNode.DeepEquals(Get(root, path), operation["value"]))
                {
                    throw new FormatException($"testing value {operation.Str("path")} failed");
                }

                break;
            case "copy":
                Add(ref root, path, Get(root, From(operation))?.DeepClone());
                break;
            case "move":
                var from = From(operation);
                var moved = Get(root, from)?.DeepClone();
                Remove(ref root, from);
                Add(ref root, path, moved);
                break;
            case var unknown:
                throw new FormatException($"operation \"{unknown}\" is unknown");
        }
    }

    private static string[] From(JsonObject operation) => Pointer(operation.Str("from") ?? throw new FormatException("from is missing"));

    /// <summary>RFC 6901: "~1" is "/", "~0" is "~".</summary>
    private static string[] Pointer(string path) =>
        path.Length == 0 ? []
            : path[0] != '/' ? throw new FormatException($"path \"{path}\" does not begin with /")
            : [.. path[1..].Split('/').Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static JsonNode? Get(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node switch
            {
                JsonObject obj when obj.TryGetPropertyValue(step, out var value) => value,
                JsonArray array => array[Index(array, step, array.Count - 1)],
                _ => throw new FormatException($"there is no \"{step}\" in path /{string.Join('/', path.ToArray())}"),
            };
        }

        return node;
    }

    private static void Add(ref JsonNode? root, string[] path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            root = value;
            return;
        }

        switch (Get(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject obj:
                obj[path[^1]] = value;
                break;
            case JsonArray array:
                array.Insert(path[^1] == "-" ? array.Count : Index(array, path[^1], array.Count), value);
                break;
            default:
                throw new FormatException($"the parent of /{string.Join('/', path)} is neither object nor array");
        }
    }

    private static void Set(ref JsonNode? root, string[] path, JsonNode? value)
    {
        if (path.Length > 0 && Get(root, path.AsSpan(0, path.Length - 1)) is JsonArray array)
        {
            array[Index(array, path[^1], array.Count - 1)] = value;
        }
        else
        {
            Add(ref root, path, value);
        }
    }

    private static void Remove(ref JsonNode? root, string[] path)
    {
        if (path.Length == 0)
        {
            root = null;
            return;
        }

        switch (Get(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject obj when obj.Remove(path[^1]):
                break;
            case JsonArray array:
                array.RemoveAt(Index(array, path[^1], array.Count - 1));
                break;
            default:
                throw new FormatException($"there is nothing to remove at /{string.Join('/', path)}");
        }
    }

    private static int Index(JsonArray array, string step, int last) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= last
            ? index
            : throw new FormatException($"index \"{step}\" is out of the array's bounds (it has {array.Count} elements)");
}
