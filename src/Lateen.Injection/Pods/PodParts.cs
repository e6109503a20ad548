using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Injection.Pods;

/// <summary>The names and the way to the parts of a pod that injection touches.</summary>
internal static class PodParts
{
    public const string Proxy = "istio-proxy";
    public const string Init = "istio-init";
    public const string Validation = "istio-validation";
    public const string CoreDump = "enable-core-dump";

    public static JsonObject Meta(JsonObject pod) => Object(pod, "metadata");

    public static JsonObject Spec(JsonObject pod) => Object(pod, "spec");

    /// <summary>The member, made if it is missing.</summary>
    public static JsonObject Object(JsonObject parent, string name)
    {
        if (parent[name] is JsonObject existing)
        {
            return existing;
        }

        var made = new JsonObject();
        parent[name] = made;
        return made;
    }

    public static IEnumerable<JsonObject> Containers(JsonObject pod, string list = "containers") =>
        (At(pod, "spec", list) as JsonArray)?.OfType<JsonObject>() ?? [];

    public static JsonObject? Find(JsonObject pod, string list, string name) =>
        Containers(pod, list).FirstOrDefault(container => Name(container) == name);

    /// <summary>The sidecar, among the containers or (native) the init containers.</summary>
    public static JsonObject? FindProxy(JsonObject pod) => Find(pod, "containers", Proxy) ?? Find(pod, "initContainers", Proxy);

    public static string Name(JsonObject? named) => Text(named?["name"]) ?? "";

    public static string? Annotation(JsonObject pod, string name) => Text(At(pod, "metadata", "annotations", name));

    public static string? Label(JsonObject pod, string name) => Text(At(pod, "metadata", "labels", name));

    public static string? Text(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static bool IsTrue(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.True;

    /// <summary>The whole number at the node, or the fallback.</summary>
    public static int Whole(JsonNode? node, int fallback = 0) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && int.TryParse(node.ToJsonString(), out var number)
            ? number
            : fallback;

    /// <summary>The member at a path of names, or null.</summary>
    public static JsonNode? At(JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }
}
