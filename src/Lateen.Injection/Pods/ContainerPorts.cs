using System.Text.Json.Nodes;

namespace Lateen.Injection.Pods;

/// <summary>The ports of a container that the sidecar captures: those of TCP.</summary>
internal static class ContainerPorts
{
    public static IEnumerable<string> Captured(JsonObject container) => (container["ports"] as JsonArray ?? [])
        .OfType<JsonObject>()
        .Where(port => PodParts.Text(port["protocol"]) is null or "" or "TCP")
        .Select(port => port["containerPort"]?.ToJsonString() ?? "0");

    /// <summary>The number that a name or number of a port means in the container; null for an unknown name.</summary>
    public static int? Resolve(JsonNode? port, JsonObject container) => PodParts.Text(port) is { } name
        ? int.TryParse(name, out var number) ? number : Named(name, container)
        : PodParts.Whole(port);

    private static int? Named(string name, JsonObject container) => (container["ports"] as JsonArray ?? [])
        .OfType<JsonObject>()
        .Where(port => PodParts.Name(port) == name)
        .Select(port => (int?)PodParts.Whole(port["containerPort"]))
        .FirstOrDefault();
}
