using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>The fields of Kubernetes objects that descriptions read.</summary>
internal static class ObjectFields
{
    public static string Name(this JsonObject item) => item.At("metadata")?.Text("name") ?? "";

    public static string Space(this JsonObject item) => item.At("metadata")?.Text("namespace") ?? "";

    public static JsonObject Spec(this JsonObject item) => item.At("spec") ?? [];

    /// <summary>The object at a path; null where there is none.</summary>
    public static JsonObject? At(this JsonObject item, params ReadOnlySpan<string> path)
    {
        JsonObject? found = item;
        foreach (string step in path)
        {
            found = found?.Object(step);
        }

        return found;
    }

    public static IReadOnlyDictionary<string, string> Labels(this JsonObject item) => item.At("metadata", "labels").Texts();

    public static IReadOnlyDictionary<string, string> Texts(this JsonObject? map) =>
        (map ?? []).ToDictionary(entry => entry.Key, entry => entry.Value?.ToString() ?? "", StringComparer.Ordinal);

    /// <summary>Whether labels have all that a selector asks for; an empty selector asks for nothing.</summary>
    public static bool IsSelectedBy(this IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, string> selector) =>
        selector.All(wanted => labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value);

    /// <summary>The number of the pod's port behind a port of a service; null where it names one that the pod does not have.</summary>
    public static int? PortBehind(this JsonObject pod, JsonObject servicePort)
    {
        string target = servicePort.Text("targetPort");
        if (target.Length == 0)
        {
            return servicePort.Number("port");
        }

        if (int.TryParse(target, out int number))
        {
            return number;
        }

        JsonObject? named = pod.Spec().Objects("containers").SelectMany(container => container.Objects("ports")).FirstOrDefault(port => port.Text("name") == target);
        return named?.Number("containerPort");
    }
}
