using System.Text.Json.Nodes;
using Lateen.Injection.Pods;

namespace Lateen.Injection.Policy;

/// <summary>A Kubernetes label selector (matchLabels, matchExpressions) against labels.</summary>
/// <remarks>Kubernetes documentation, "Labels and Selectors": an empty selector matches every object.</remarks>
internal static class LabelSelector
{
    public static bool IsEmpty(JsonObject? selector) =>
        (selector?["matchLabels"] as JsonObject ?? []).Count == 0 && (selector?["matchExpressions"] as JsonArray ?? []).Count == 0;

    public static bool Matches(JsonObject? selector, IReadOnlyDictionary<string, string> labels) =>
        (selector?["matchLabels"] as JsonObject ?? []).All(entry => labels.TryGetValue(entry.Key, out var value) && value == PodParts.Text(entry.Value))
        && (selector?["matchExpressions"] as JsonArray ?? []).OfType<JsonObject>().All(requirement => Holds(requirement, labels));

    public static IReadOnlyDictionary<string, string> Labels(JsonNode? labels) => (labels as JsonObject ?? [])
        .ToDictionary(entry => entry.Key, entry => PodParts.Text(entry.Value) ?? "", StringComparer.Ordinal);

    private static bool Holds(JsonObject requirement, IReadOnlyDictionary<string, string> labels)
    {
        var isSet = labels.TryGetValue(PodParts.Text(requirement["key"]) ?? "", out var value);
        var isListed = isSet && (requirement["values"] as JsonArray ?? []).Any(item => PodParts.Text(item) == value);
        return PodParts.Text(requirement["operator"]) switch
        {
            "In" => isListed,
            "NotIn" => !isListed,
            "Exists" => isSet,
            "DoesNotExist" => !isSet,
            _ => false,
        };
    }
}
