using System.Text.Json.Nodes;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;

namespace Lateen.Injection.Explain;

/// <summary>What one injection webhook does with a pod, and why.</summary>
/// <param name="Webhook">The name of the MutatingWebhookConfiguration.</param>
/// <param name="Revision">The revision that it calls (label istio.io/rev), or empty.</param>
/// <param name="Injected">Whether the API server sends the pod there.</param>
/// <param name="Reason">The label that decided.</param>
/// <remarks>Sentences are those that users of <c>istioctl x check-inject</c> know.</remarks>
public sealed record WebhookVerdict(string Webhook, string Revision, bool Injected, string Reason)
{
    private const string ByName = "kubernetes.io/metadata.name";
    private static readonly string[] Deciding = ["istio.io/rev", "istio-injection", "sidecar.istio.io/inject", ByName];
    private static readonly JsonObject NeverMatch = new() { ["matchLabels"] = new JsonObject { ["istio.io/deactivated"] = "never-match" } };

    /// <summary>One verdict for each configuration, sorted by name.</summary>
    /// <param name="configurations">MutatingWebhookConfigurations with the label app=sidecar-injector.</param>
    /// <param name="podLabels">metadata.labels of the pod, or null.</param>
    /// <param name="namespaceLabels">metadata.labels of its namespace, or null.</param>
    public static IReadOnlyList<WebhookVerdict> Of(IEnumerable<JsonObject> configurations, JsonNode? podLabels, JsonNode? namespaceLabels)
    {
        var (pod, ns) = (LabelSelector.Labels(podLabels), LabelSelector.Labels(namespaceLabels));
        return [.. configurations.Select(item => Of(item, pod, ns)).OrderBy(verdict => verdict.Webhook, StringComparer.Ordinal)];
    }

    private static WebhookVerdict Of(
        JsonObject configuration, IReadOnlyDictionary<string, string> pod, IReadOnlyDictionary<string, string> ns)
    {
        var entries = (configuration["webhooks"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var verdict = entries.Select(entry => Decide(entry, pod, ns)).FirstOrDefault(found => found is not null);
        var name = PodParts.Name(configuration["metadata"] as JsonObject);
        var revision = PodParts.Label(configuration, "istio.io/rev") ?? "";
        return verdict is { } decided
            ? new WebhookVerdict(name, revision, decided.Injected, decided.Reason)
            : new WebhookVerdict(name, revision, false, WhyNone(entries));
    }

    /// <summary>Null when the entry neither selects the pod nor is kept from it by a label.</summary>
    private static (bool Injected, string Reason)? Decide(
        JsonObject entry, IReadOnlyDictionary<string, string> pod, IReadOnlyDictionary<string, string> ns)
    {
        var (ofNamespace, ofPod) = (entry["namespaceSelector"] as JsonObject, entry["objectSelector"] as JsonObject);
        return (LabelSelector.Matches(ofNamespace, ns), LabelSelector.Matches(ofPod, pod)) switch
        {
            (true, true) => (true, WhyMatched(Match(ofNamespace, ns), Match(ofPod, pod))),
            (true, false) => Prevents(ofPod, pod) is { } label ? (false, $"Pod has {label} label, preventing injection") : null,
            (false, true) => ns.TryGetValue("istio-injection", out var value) && value != "enabled"
                ? (false, $"Namespace has istio-injection={value} label, preventing injection")
                : null,
            _ => null,
        };
    }

    private static string WhyMatched(string? ns, string? pod) => (ns, pod) switch
    {
        (not null, not null) => $"Namespace label {ns} matches, and pod label {pod} matches",
        (not null, null) => $"Namespace label {ns} matches"
            + (ns.StartsWith(ByName, StringComparison.Ordinal) ? " (Automatic injection is enabled in all namespaces)." : ""),
        (null, not null) => $"Pod label {pod} matches",
        _ => "The webhook selects every pod",
    };

    // A label counts where the selector asks for it and the object has it.
    private static string? Match(JsonObject? selector, IReadOnlyDictionary<string, string> labels)
    {
        var asked = Keys(selector);
        return Deciding.Where(key => asked.Contains(key) && labels.ContainsKey(key)).Select(key => $"{key}={labels[key]}").FirstOrDefault();
    }

    private static HashSet<string> Keys(JsonObject? selector) =>
    [
        .. (selector?["matchLabels"] as JsonObject ?? []).Select(entry => entry.Key),
        .. Requirements(selector).Select(requirement => PodParts.Text(requirement["key"]) ?? ""),
    ];

    private static string? Prevents(JsonObject? selector, IReadOnlyDictionary<string, string> labels) => Requirements(selector)
        .Select(requirement => (Key: PodParts.Text(requirement["key"]) ?? "", Requirement: requirement))
        .Where(item => labels.ContainsKey(item.Key) && PodParts.Text(item.Requirement["operator"]) switch
        {
            "DoesNotExist" => true,
            "NotIn" => Values(item.Requirement).Contains(labels[item.Key]),
            _ => false,
        })
        .Select(item => $"{item.Key}={labels[item.Key]}")
        .FirstOrDefault();

    private static string WhyNone(List<JsonObject> entries)
    {
        if (entries.Any(entry => JsonNode.DeepEquals(entry["namespaceSelector"], NeverMatch) && JsonNode.DeepEquals(entry["objectSelector"], NeverMatch)))
        {
            return "The injection webhook is deactivated, and will never match labels.";
        }

        return $"No matching namespace labels ({Wanted(entries, "namespaceSelector")}) or pod labels ({Wanted(entries, "objectSelector")})";
    }

    private static string Wanted(List<JsonObject> entries, string selector) => string.Join(", ", entries
        .SelectMany(entry => Requirements(entry[selector] as JsonObject))
        .Where(requirement => PodParts.Text(requirement["operator"]) == "In")
        .SelectMany(requirement => Values(requirement).Select(value => $"{PodParts.Text(requirement["key"])}={value}")));

    private static IEnumerable<JsonObject> Requirements(JsonObject? selector) => (selector?["matchExpressions"] as JsonArray ?? []).OfType<JsonObject>();

    private static IEnumerable<string> Values(JsonObject requirement) => (requirement["values"] as JsonArray ?? []).Select(PodParts.Text).OfType<string>();
}
