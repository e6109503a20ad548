using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Reads the metadata that every Kubernetes object has; a missing or ill-typed field reads as empty.</summary>
public static class KubernetesObject
{
    /// <summary><c>metadata.name</c>.</summary>
    public static string Name(this JsonObject value) => value.Metadata("name");

    /// <summary><c>metadata.namespace</c>; empty for cluster-wide objects.</summary>
    public static string Namespace(this JsonObject value) => value.Metadata("namespace");

    /// <summary><c>metadata.uid</c>.</summary>
    public static string Uid(this JsonObject value) => value.Metadata("uid");

    /// <summary><c>metadata.resourceVersion</c>, an opaque string.</summary>
    public static string ResourceVersion(this JsonObject value) => value.Metadata("resourceVersion");

    /// <summary>Whether deletion was asked for (<c>metadata.deletionTimestamp</c> is set).</summary>
    public static bool IsTerminating(this JsonObject value) => value.Metadata("deletionTimestamp").Length > 0;

    /// <summary><c>metadata.labels</c>; null when there are none.</summary>
    public static JsonObject? Labels(this JsonObject value) => value.At("metadata", "labels") as JsonObject;

    /// <summary><c>metadata.annotations</c>; null when there are none.</summary>
    public static JsonObject? Annotations(this JsonObject value) => value.At("metadata", "annotations") as JsonObject;

    /// <summary>The node that a path of field names leads to; null when it ends early.</summary>
    public static JsonNode? At(this JsonNode? value, params ReadOnlySpan<string> path)
    {
        foreach (string field in path)
        {
            value = (value as JsonObject)?[field];
        }

        return value;
    }

    /// <summary>The string at a path; empty when there is none.</summary>
    public static string Text(this JsonNode? value, params ReadOnlySpan<string> path) =>
        value.At(path) is JsonValue leaf && leaf.TryGetValue(out string? text) ? text : "";

    /// <summary>The whole number at a path; null when there is none.</summary>
    public static long? Number(this JsonNode? value, params ReadOnlySpan<string> path)
    {
        if (value.At(path) is not JsonValue leaf)
        {
            return null;
        }

        return leaf.TryGetValue(out long number) ? number
            : leaf.TryGetValue(out int small) ? small
            : null;
    }

    /// <summary>The boolean at a path; false when there is none.</summary>
    public static bool Flag(this JsonNode? value, params ReadOnlySpan<string> path) =>
        value.At(path) is JsonValue leaf && leaf.TryGetValue(out bool flag) && flag;

    /// <summary>The objects of the list at a path; none when there is no list.</summary>
    public static IEnumerable<JsonObject> Items(this JsonNode? value, params ReadOnlySpan<string> path) =>
        value.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

    /// <summary>The strings of the list at a path; none when there is no list.</summary>
    public static IEnumerable<string> Texts(this JsonNode? value, params ReadOnlySpan<string> path) =>
        value.At(path) is JsonArray list ? list.Select(item => item.Text()) : [];

    /// <summary>The string members of the object at a path, such as labels; none when there is no object.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Pairs(this JsonNode? value, params ReadOnlySpan<string> path) =>
        value.At(path) is JsonObject members ? members.Select(member => KeyValuePair.Create(member.Key, member.Value.Text())) : [];

    private static string Metadata(this JsonObject value, string field) => value.Text("metadata", field);
}
