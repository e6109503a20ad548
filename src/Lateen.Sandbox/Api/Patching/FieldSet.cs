using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Patching;

/// <summary>The fields that one manager applied, in the form of metadata.managedFields[].fieldsV1.</summary>
/// <remarks>
/// Kubernetes, "Server-Side Apply": <c>f:NAME</c> is a field, <c>k:{"key":value}</c> an element of a list by its key,
/// <c>v:VALUE</c> one of a set, <c>.</c> the element itself. A list without a key is one value.
/// </remarks>
internal static class FieldSet
{
    /// <summary>The set of an applied object; type and name belong to nobody.</summary>
    public static JsonObject Of(JsonObject applied, string kind)
    {
        var set = new JsonObject();
        foreach (var (name, value) in applied)
        {
            if (name is not ("apiVersion" or "kind" or "status"))
            {
                set["f:" + name] = OfField(value, kind, "", name);
            }
        }

        if (set.Obj("f:metadata") is { } metadata)
        {
            foreach (var field in (ReadOnlySpan<string>)["f:name", "f:namespace", "f:uid", "f:resourceVersion", "f:creationTimestamp", "f:generation", "f:managedFields"])
            {
                metadata.Remove(field);
            }

            if (metadata.Count == 0)
            {
                set.Remove("f:metadata");
            }
        }

        return set;
    }

    /// <summary>The paths of all leaves.</summary>
    public static IEnumerable<string[]> Leaves(JsonObject set)
    {
        foreach (var (step, below) in set)
        {
            if (below is JsonObject { Count: > 0 } inner && step != ".")
            {
                foreach (var path in Leaves(inner))
                {
                    yield return [step, .. path];
                }
            }
            else
            {
                yield return [step];
            }
        }
    }

    public static bool Contains(JsonObject set, IEnumerable<string> path)
    {
        JsonNode? node = set;
        foreach (var step in path)
        {
            if (node is not JsonObject obj || !obj.TryGetPropertyValue(step, out node))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes a leaf out of the set.</summary>
    public static void Remove(JsonObject set, string[] path)
    {
        if (path.Length == 1)
        {
            set.Remove(path[0]);
        }
        else if (set.Obj(path[0]) is { } below)
        {
            Remove(below, path[1..]);
            if (below.Count == 0)
            {
                set.Remove(path[0]);
            }
        }
    }

    /// <summary>The value at a path of an object; null when there is none.</summary>
    public static JsonNode? ValueAt(JsonNode? node, IEnumerable<string> path)
    {
        foreach (var step in path)
        {
            node = step == "." ? node : Step(node, step);
        }

        return node;
    }

    /// <summary>Removes the value at a path from an object, and the element when the path names one.</summary>
    public static void RemoveValue(JsonObject obj, string[] path)
    {
        var target = path[^1] == "." ? path[..^1] : path;
        var parent = ValueAt(obj, target[..^1]);
        switch (parent)
        {
            case JsonObject fields when target[^1].StartsWith("f:", StringComparison.Ordinal):
                fields.Remove(target[^1][2..]);
                break;
            case JsonArray list when Step(list, target[^1]) is { } element:
                list.Remove(element);
                break;
        }
    }

    /// <summary>The path as messages write it: <c>.spec.containers[name="c"].image</c>.</summary>
    public static string Show(IEnumerable<string> path) => string.Concat(path.Where(s => s != ".").Select(step =>
        step.StartsWith("f:", StringComparison.Ordinal) ? "." + step[2..] : $"[{step[2..].Trim('{', '}')}]"));

    private static JsonObject OfField(JsonNode? value, string kind, string parent, string field)
    {
        var set = new JsonObject();
        switch (value)
        {
            case JsonObject obj:
                foreach (var (name, inner) in obj)
                {
                    set["f:" + name] = OfField(inner, kind, field, name);
                }

                break;
            case JsonArray array when kind.Length > 0 && MergeKeys.Of(kind, parent, field) is { } key:
                foreach (var item in array)
                {
                    if (key.Length == 0)
                    {
                        set["v:" + item?.ToJsonString()] = new JsonObject();
                    }
                    else if (item is JsonObject element && element[key] is { } identity)
                    {
                        var fields = OfField(element, kind, parent, field);
                        fields["."] = new JsonObject();
                        set["k:" + new JsonObject { [key] = identity.DeepClone() }.ToJsonString()] = fields;
                    }
                }

                break;
        }

        return set;
    }

    private static JsonNode? Step(JsonNode? node, string step) => (step[..2], node) switch
    {
        ("f:", JsonObject obj) => obj[step[2..]],
        ("k:", JsonArray list) when JsonNode.Parse(step[2..]) is JsonObject key =>
            list.FirstOrDefault(item => key.All(k => item is JsonObject element && JsonNode.DeepEquals(element[k.Key], k.Value))),
        ("v:", JsonArray list) => list.FirstOrDefault(item => item?.ToJsonString() == step[2..]),
        _ => null,
    };
}
