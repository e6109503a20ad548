using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Patching;

/// <summary>Kubernetes' own merge: like RFC 7396, but lists merge by key, with directives in the patch.</summary>
/// <remarks>
/// The directives <c>$patch: replace|delete|merge</c>, <c>$deleteFromPrimitiveList/F</c>, <c>$setElementOrder/F</c> and
/// <c>$retainKeys</c> are described in Kubernetes' "Strategic Merge Patch" (contributors, api-machinery).
/// </remarks>
internal static class StrategicMergePatch
{
    private const string DeleteFromList = "$deleteFromPrimitiveList/";
    private const string ElementOrder = "$setElementOrder/";

    public static JsonObject Apply(JsonObject target, JsonObject patch, string kind) => MergeObject(target, patch, kind, "");

    private static JsonObject MergeObject(JsonObject target, JsonObject patch, string kind, string parent)
    {
        switch (patch.Str("$patch"))
        {
            case "replace":
                var replacement = patch.DeepClone().AsObject();
                replacement.Remove("$patch");
                return replacement;
            case "delete":
                return [];
        }

        var result = target.DeepClone().AsObject();
        if (patch.Arr("$retainKeys") is { } retained)
        {
            var keep = retained.Select(k => k.AsText()).ToHashSet();
            foreach (var name in result.Select(f => f.Key).Where(name => !keep.Contains(name)).ToList())
            {
                result.Remove(name);
            }
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(DeleteFromList, StringComparison.Ordinal))
            {
                RemoveValues(result.Arr(name[DeleteFromList.Length..]), value as JsonArray);
            }
            else if (name.StartsWith('$'))
            {
                continue;
            }
            else if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = MergeField(result[name], value, kind, parent, name);
            }
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(ElementOrder, StringComparison.Ordinal) && value is JsonArray order)
            {
                var field = name[ElementOrder.Length..];
                Reorder(result.Arr(field), order, MergeKeys.Of(kind, parent, field));
            }
        }

        return result;
    }

    private static JsonNode MergeField(JsonNode? present, JsonNode value, string kind, string parent, string field) => value switch
    {
        JsonObject changes => MergeObject(present as JsonObject ?? [], changes, kind, field),
        JsonArray changes => MergeKeys.Of(kind, parent, field) switch
        {
            null => changes.DeepClone(),
            "" => MergeValues(present as JsonArray ?? [], changes),
            var key => MergeByKey(present as JsonArray ?? [], changes, key, kind, field),
        },
        _ => value.DeepClone(),
    };

    private static JsonArray MergeValues(JsonArray present, JsonArray added)
    {
        var result = present.DeepClone().AsArray();
        foreach (var value in added)
        {
            if (!result.Any(known => JsonNode.DeepEquals(known, value)))
            {
                result.Add(value?.DeepClone());
            }
        }

        return result;
    }

    private static JsonArray MergeByKey(JsonArray present, JsonArray changes, string key, string kind, string field)
    {
        if (changes.OfType<JsonObject>().Any(c => c.Count == 1 && c.Str("$patch") == "replace"))
        {
            return [.. changes.OfType<JsonObject>().Where(c => !c.ContainsKey("$patch")).Select(c => c.DeepClone())];
        }

        var result = present.DeepClone().AsArray();
        foreach (var change in changes.OfType<JsonObject>())
        {
            if (change[key] is not { } identity)
            {
                throw ApiException.BadRequest($"map: {change.ToJsonString()} does not contain declared merge key: {key}");
            }

            var index = IndexOf(result, key, identity);
            if (change.Str("$patch") == "delete")
            {
                if (index >= 0)
                {
                    result.RemoveAt(index);
                }
            }
            else if (index >= 0)
            {
                result[index] = MergeObject(result[index]!.AsObject(), change, kind, field);
            }
            else
            {
                result.Add((JsonNode)MergeObject([], change, kind, field));
            }
        }

        return result;
    }

    private static int IndexOf(JsonArray array, string key, JsonNode identity)
    {
        for (var i = 0; i < array.Count; i++)
        {
            if (array[i] is JsonObject item && JsonNode.DeepEquals(item[key], identity))
            {
                return i;
            }
        }

        return -1;
    }

    private static void RemoveValues(JsonArray? from, JsonArray? values)
    {
        for (var i = (from?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (values?.Any(value => JsonNode.DeepEquals(value, from![i])) == true)
            {
                from!.RemoveAt(i);
            }
        }
    }

    /// <summary>Elements that the order names come in that order; the others keep their place before the next known one.</summary>
    private static void Reorder(JsonArray? list, JsonArray order, string? key)
    {
        if (list is null || key is null)
        {
            return;
        }

        JsonNode? Identity(JsonNode? item) => key.Length == 0 ? item : (item as JsonObject)?[key];
        int Rank(JsonNode? item)
        {
            for (var i = 0; i < order.Count; i++)
            {
                if (JsonNode.DeepEquals(Identity(order[i]), Identity(item)))
                {
                    return i;
                }
            }

            return -1;
        }

        var items = list.ToList();
        list.Clear();
        var ordered = items.Where(i => Rank(i) >= 0).OrderBy(Rank).ToList();
        var free = items.Where(i => Rank(i) < 0);
        foreach (var item in ordered.Concat(free))
        {
            list.Add(item);
        }
    }
}
