using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Injection.Patching;

/// <summary>The RFC 6902 operations that turn one document into another.</summary>
/// <remarks>
/// Lists are compared by position: elements that both have are patched in place, the rest is removed from the end or added there.
/// A member is set by "add" (RFC 6902, 4.1: an existing member is replaced) where it was empty before, because the
/// document that the patch meets may leave out what the compared form always writes.
/// </remarks>
internal static class JsonPatchDiff
{
    public static JsonArray Compare(JsonNode before, JsonNode after)
    {
        var patch = new JsonArray();
        Compare("", before, after, patch, isElement: false);
        return patch;
    }

    private static void Compare(string path, JsonNode? before, JsonNode? after, JsonArray patch, bool isElement)
    {
        if (before is JsonObject { Count: > 0 } left && after is JsonObject right)
        {
            CompareObjects(path, left, right, patch);
        }
        else if (before is JsonArray { Count: > 0 } from && after is JsonArray to)
        {
            CompareLists(path, from, to, patch);
        }
        else if (!JsonNode.DeepEquals(before, after))
        {
            patch.Add((JsonNode)Operation(IsEmpty(before) && !isElement ? "add" : "replace", path, after?.DeepClone()));
        }
    }

    private static void CompareObjects(string path, JsonObject before, JsonObject after, JsonArray patch)
    {
        foreach (var (name, value) in before)
        {
            var at = $"{path}/{Escape(name)}";
            if (after.TryGetPropertyValue(name, out var other))
            {
                Compare(at, value, other, patch, isElement: false);
            }
            else
            {
                patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = at });
            }
        }

        foreach (var (name, value) in after)
        {
            if (!before.ContainsKey(name))
            {
                patch.Add((JsonNode)Operation("add", $"{path}/{Escape(name)}", value?.DeepClone()));
            }
        }
    }

    private static void CompareLists(string path, JsonArray before, JsonArray after, JsonArray patch)
    {
        var common = Math.Min(before.Count, after.Count);
        for (var i = 0; i < common; i++)
        {
            Compare($"{path}/{Text(i)}", before[i], after[i], patch, isElement: true);
        }

        for (var i = before.Count - 1; i >= common; i--)
        {
            patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = $"{path}/{Text(i)}" });
        }

        for (var i = common; i < after.Count; i++)
        {
            patch.Add((JsonNode)Operation("add", $"{path}/{Text(i)}", after[i]?.DeepClone()));
        }
    }

    private static bool IsEmpty(JsonNode? node) => node is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };

    private static JsonObject Operation(string op, string path, JsonNode? value) =>
        new() { ["op"] = op, ["path"] = path, ["value"] = value };

    // RFC 6901, 3: ~ and / inside a reference token.
    private static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Text(int index) => index.ToString(CultureInfo.InvariantCulture);
}
