using System.Text.Json.Nodes;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;

namespace Lateen.Injection.Config;

/// <summary>Which resources of kind ProxyConfig (networking.istio.io) count for a pod, and what they set.</summary>
/// <remarks>
/// Istio, "ProxyConfig": of the root namespace for all, then of the pod's namespace, then those whose selector names the pod's labels;
/// what comes later wins field by field. Of each of the three the oldest counts alone, then the name decides.
/// </remarks>
internal static class ProxyConfigResources
{
    private const int OfWorkload = 3;

    /// <summary>The settings to lay over the mesh's, from the widest to the narrowest, each in the form of a mesh-wide ProxyConfig.</summary>
    public static IEnumerable<PodProxyConfig> For(IReadOnlyList<JsonObject> resources, string rootNamespace, string ns, JsonNode? podLabels)
    {
        var labels = LabelSelector.Labels(podLabels);
        return resources
            .Select(resource => (Resource: resource, Level: LevelOf(resource, rootNamespace, ns, labels)))
            .Where(item => item.Level > 0)
            .GroupBy(item => item.Level)
            .OrderBy(level => level.Key)
            .Select(level => level
                .OrderBy(item => PodParts.Text(PodParts.At(item.Resource, "metadata", "creationTimestamp")) ?? "", StringComparer.Ordinal)
                .ThenBy(item => PodParts.Text(PodParts.At(item.Resource, "metadata", "name")) ?? "", StringComparer.Ordinal)
                .First())
            .Select(item => new PodProxyConfig(Settings(item.Resource["spec"] as JsonObject ?? []), item.Level == OfWorkload));
    }

    private static int LevelOf(JsonObject resource, string rootNamespace, string ns, IReadOnlyDictionary<string, string> labels)
    {
        var own = PodParts.Text(PodParts.At(resource, "metadata", "namespace")) ?? "";
        var selector = PodParts.At(resource, "spec", "selector", "matchLabels") as JsonObject;
        return selector is { Count: > 0 }
            ? own == ns && LabelSelector.Matches(new JsonObject { ["matchLabels"] = selector.DeepClone() }, labels) ? OfWorkload : 0
            : own == rootNamespace ? 1 : own == ns ? 2 : 0;
    }

    private static JsonObject Settings(JsonObject spec)
    {
        var settings = new JsonObject();
        foreach (var (name, value) in spec)
        {
            if (name != "selector" && value is not null)
            {
                settings[name == "environmentVariables" ? "proxyMetadata" : name] = value.DeepClone();
            }
        }

        return settings;
    }
}

/// <summary>What one resource sets.</summary>
/// <param name="IsOfWorkload">It names the pod by its labels, and so counts more than the pod's own annotation.</param>
internal sealed record PodProxyConfig(JsonObject Settings, bool IsOfWorkload);
