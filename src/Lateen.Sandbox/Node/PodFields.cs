using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>What a pod may learn about itself (Kubernetes documentation, "Downward API").</summary>
/// <param name="Pod">The pod.</param>
/// <param name="PodAddress">Its address.</param>
/// <param name="HostAddress">Its node's address.</param>
internal sealed record PodFields(JsonObject Pod, string PodAddress, string HostAddress)
{
    // What a container without limits may use: the node's own.
    private static readonly decimal NodeMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The value of a fieldRef; null when the path names no field that may be asked for.</summary>
    public string? Field(string path)
    {
        if (Keyed(path, "metadata.labels") is { } label)
        {
            return Pod.Labels().Text(label);
        }

        if (Keyed(path, "metadata.annotations") is { } annotation)
        {
            return Pod.Annotations().Text(annotation);
        }

        return path switch
        {
            "metadata.name" => Pod.Name(),
            "metadata.namespace" => Pod.Namespace(),
            "metadata.uid" => Pod.Uid(),
            "metadata.labels" => Lines(Pod.Labels()),
            "metadata.annotations" => Lines(Pod.Annotations()),
            "spec.nodeName" => Pod.Text("spec", "nodeName"),
            "spec.serviceAccountName" => Pod.Text("spec", "serviceAccountName") is { Length: > 0 } name ? name : "default",
            "status.podIP" or "status.podIPs" => PodAddress,
            "status.hostIP" or "status.hostIPs" => HostAddress,
            _ => null,
        };
    }

    /// <summary>The value of a resourceFieldRef; null when it names no resource.</summary>
    /// <param name="reference">The reference: resource, divisor, and containerName outside of a container.</param>
    /// <param name="container">The container whose resources are meant, unless the reference names one.</param>
    public string? Resource(JsonObject reference, JsonObject? container)
    {
        if (reference.Text("containerName") is { Length: > 0 } name)
        {
            container = Pod.Items("spec", "containers").Concat(Pod.Items("spec", "initContainers")).FirstOrDefault(item => item.Text("name") == name);
        }

        string[] path = reference.Text("resource").Split('.');
        if (path.Length != 2)
        {
            return null;
        }

        string asked = AsText(container.At("resources", path[0], path[1]));
        decimal? value = asked.Length > 0 ? Quantity.Parse(asked) : path switch
        {
            ["limits", "cpu"] => Environment.ProcessorCount,
            ["limits", "memory"] => NodeMemory,
            _ => 0,
        };
        string given = AsText(reference["divisor"]);
        decimal divisor = Quantity.Parse(given) is { } parsed and > 0 ? parsed : 1;
        return value is null ? null : Math.Ceiling(value.Value / divisor).ToString("0", CultureInfo.InvariantCulture);
    }

    private static string AsText(JsonNode? value) => value is null ? "" : value.Text() is { Length: > 0 } text ? text : value.ToJsonString().Trim('"');

    private static string? Keyed(string path, string field) =>
        path.StartsWith(field + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(field.Length + 2)..^2]
            : null;

    // key="value", quoted as Go does it, one a line, by key.
    private static string Lines(JsonObject? map) => map is null ? "" : string.Join('\n', map
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => $"{pair.Key}=\"{Escape(pair.Value.Text())}\""));

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\t", "\\t", StringComparison.Ordinal);
}
