using System.Text.Json.Nodes;
using Lateen.Injection.Schema;

namespace Lateen.Injection.Patching;

/// <summary>Kubernetes' strategic merge patch: objects merge by field, lists by their merge key, and directives say what else is meant.</summary>
/// <remarks>
/// Kubernetes documentation, "Update API Objects in Place Using kubectl patch", and the design note on list order: after a merge
/// the patch's elements keep the patch's order, the others keep theirs, and of the two the live order decides where it can.
/// </remarks>
internal static class StrategicMerge
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string SetOrder = "$setElementOrder/";
    private const string DeleteFromList = "$deleteFromPrimitiveList/";

    /// <summary>A new object; the arguments are not changed.</summary>
    public static JsonObject Apply(JsonObject original, JsonObject patch, KubeType type) =>
        MergeObject((JsonObject)original.DeepClone(), patch, type);

    // Owns and changes the original.
    private static JsonObject MergeObject(JsonObject original, JsonObject patch, KubeType? type)
    {
        switch (Text(patch, Directive))
        {
            case "replace":
                return Added(patch);
            case "delete":
                return [];
        }

        Retain(original, patch);
        foreach (var (key, value) in patch)
        {
            if (key.StartsWith(DeleteFromList, StringComparison.Ordinal))
            {
                DeleteItems(original[key[DeleteFromList.Length..]] as JsonArray, value as JsonArray);
            }
            else if (!key.StartsWith('$'))
            {
                MergeField(original, key, value, Child(type, key), patch[SetOrder + key] as JsonArray);
            }
        }

        foreach (var (key, value) in patch)
        {
            if (key.StartsWith(SetOrder, StringComparison.Ordinal) && value is JsonArray order
                && !patch.ContainsKey(key[SetOrder.Length..]) && original[key[SetOrder.Length..]] is JsonArray list)
            {
                original[key[SetOrder.Length..]] = Reorder(list, list, Keys(order, Child(type, key[SetOrder.Length..])?.MergeKey),
                    Child(type, key[SetOrder.Length..])?.MergeKey);
            }
        }

        return original;
    }

    private static void MergeField(JsonObject original, string key, JsonNode? value, KubeType? type, JsonArray? order)
    {
        var existing = original[key];
        switch (value)
        {
            case null:
                original.Remove(key);
                break;
            case JsonObject patch when existing is JsonObject target:
                original[key] = null;
                original[key] = MergeObject(target, patch, type);
                break;
            case JsonArray patch when type?.MergeKey is { } mergeKey:
                original[key] = MergeList(existing as JsonArray ?? [], patch, type, mergeKey, order);
                break;
            case JsonObject patch:
                original[key] = Added(patch);
                break;
            default:
                original[key] = value.DeepClone();
                break;
        }
    }

    private static JsonArray MergeList(JsonArray original, JsonArray patch, KubeType type, string mergeKey, JsonArray? order)
    {
        if (mergeKey.Length == 0)
        {
            var union = original.Concat(patch).Select(item => item?.DeepClone()).DistinctBy(item => item?.ToJsonString());
            return new JsonArray([.. union]);
        }

        var items = patch.OfType<JsonObject>().ToList();
        var result = items.Any(item => Text(item, Directive) == "replace" && Text(item, mergeKey) is null)
            ? []
            : original.OfType<JsonNode>().Select(item => (JsonNode?)item.DeepClone()).ToList();
        var places = Places(result, mergeKey);
        var placed = new List<string?>();
        foreach (var item in items)
        {
            var id = Text(item, mergeKey);
            var directive = Text(item, Directive);
            var at = places.GetValueOrDefault(id ?? "", -1);
            if (directive == "delete")
            {
                if (at >= 0)
                {
                    // A hole, so that the places of the others stay true.
                    places.Remove(id!);
                    result[at] = null;
                }
            }
            else if (directive is not null && id is null)
            {
                continue;
            }
            else if (at >= 0)
            {
                result[at] = MergeObject((JsonObject)result[at]!, item, type.Element);
                placed.Add(id);
            }
            else
            {
                places[id ?? ""] = result.Count;
                result.Add(Added(item));
                placed.Add(id);
            }
        }

        return Reorder(result.Where(item => item is not null), original, order is null ? placed : Keys(order, mergeKey), mergeKey);
    }

    /// <summary>Weaves the elements that the patch orders with the rest; where both stand in the live list, the live order decides.</summary>
    private static JsonArray Reorder(IEnumerable<JsonNode?> items, JsonArray live, List<string?> wanted, string? mergeKey)
    {
        var liveAt = Places(live, mergeKey);
        var wantedAt = Places(wanted);
        var all = items.Select(item => (Id: Id(item, mergeKey) ?? "", Item: item)).ToList();
        var fromPatch = all.Where(item => wantedAt.ContainsKey(item.Id)).OrderBy(item => wantedAt[item.Id]).ToList();
        var others = all.Where(item => !wantedAt.ContainsKey(item.Id)).ToList();
        var result = new JsonArray();
        int left = 0, right = 0;
        while (left < others.Count || right < fromPatch.Count)
        {
            var takeOther = right == fromPatch.Count
                || (left < others.Count && liveAt.TryGetValue(others[left].Id, out var l) && liveAt.TryGetValue(fromPatch[right].Id, out var r) && l < r);
            result.Add((takeOther ? others[left++] : fromPatch[right++]).Item?.DeepClone());
        }

        return result;
    }

    private static Dictionary<string, int> Places(IEnumerable<JsonNode?> items, string? mergeKey) =>
        Places(items.Select(item => Id(item, mergeKey)));

    /// <summary>The first place of each id.</summary>
    private static Dictionary<string, int> Places(IEnumerable<string?> ids)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var at = 0;
        foreach (var id in ids)
        {
            places.TryAdd(id ?? "", at++);
        }

        return places;
    }

    private static void Retain(JsonObject original, JsonObject patch)
    {
        if (patch[RetainKeys] is JsonArray keep)
        {
            var names = keep.Select(item => Id(item, null)).ToHashSet();
            foreach (var key in original.Select(entry => entry.Key).Where(key => !names.Contains(key)).ToList())
            {
                original.Remove(key);
            }
        }
    }

    private static void DeleteItems(JsonArray? list, JsonArray? items)
    {
        var gone = (items ?? []).Select(item => item?.ToJsonString()).ToHashSet();
        for (var i = (list?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (gone.Contains(list![i]?.ToJsonString()))
            {
                list.RemoveAt(i);
            }
        }
    }

    /// <summary>A patch that meets nothing: without its directives and without the fields that it deletes.</summary>
    private static JsonObject Added(JsonObject patch)
    {
        var result = new JsonObject();
        foreach (var (key, value) in patch)
        {
            if (value is not null && !key.StartsWith('$'))
            {
                result[key] = value is JsonObject inner ? Added(inner) : AddedList(value);
            }
        }

        return result;
    }

    private static JsonNode AddedList(JsonNode value) => value is JsonArray list
        ? new JsonArray([.. list.Where(item => Text(item, Directive) != "delete").Select(item => item is JsonObject inner ? Added(inner) : item?.DeepClone())])
        : value.DeepClone();

    private static KubeType? Child(KubeType? type, string key) => type?.Kind == KubeKind.Map ? type.Element : type?.Field(key)?.Type;

    private static List<string?> Keys(JsonArray items, string? mergeKey) => items.Select(item => Id(item, mergeKey)).ToList();

    private static string? Id(JsonNode? item, string? mergeKey) =>
        item is JsonObject ? Text(item, mergeKey ?? "") : item is JsonValue value ? Plain(value) : null;

    private static string? Text(JsonNode? node, string key) =>
        node is JsonObject map && map[key] is JsonValue value ? Plain(value) : null;

    private static string Plain(JsonValue value) => value.TryGetValue<string>(out var text) ? text : value.ToJsonString();
}
