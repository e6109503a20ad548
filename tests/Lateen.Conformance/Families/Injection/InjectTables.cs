using System.Text.Json.Nodes;
using Lateen.Injection;
using Lateen.Injection.Config;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;
using Lateen.Injection.Probes;

namespace Lateen.Conformance.Families.Injection;

/// <summary>The kinds <c>inject-*</c> of the family common-tables.</summary>
internal static class InjectTables
{
    public static CaseResult Run(ConformanceCase c) => c.Kind switch
    {
        "inject-required" => Required(c),
        "inject-envs" => Compare(c.Expected!["want"], Map(InjectionPath.Read((string)c.Inputs["in"]!))),
        "inject-status" => Compare(c.Expected!["want"], Status((string?)c.Inputs["status"])),
        "inject-prometheus" => Compare(c.Expected!["want"], PrometheusMerge.IsWanted(
            c.Inputs["mesh"] as JsonObject, (string?)c.Inputs["anno"]?["prometheus.istio.io/merge-metrics"])),
        "inject-ports" => Ports(c),
        "inject-proxyconfig-json" => Compare(
            JsonNode.Parse((string)c.Expected!["expect"]!), ProxyConfigDefaults.Without(c.Inputs["proxy"]!.AsObject())),
        _ => CaseResult.Skipped($"kind {c.Kind} is not one of injection"),
    };

    private static CaseResult Required(ConformanceCase c)
    {
        var config = c.Inputs["config"]!;
        var policy = new InjectionPolicy((string?)config["policy"] ?? "", Selectors(config["alwaysInjectSelector"]), Selectors(config["neverInjectSelector"]));
        var pod = new JsonObject { ["metadata"] = c.Inputs["meta"]?.DeepClone(), ["spec"] = c.Inputs["podSpec"]?.DeepClone() };
        var decision = policy.Decide(pod, (string?)c.Inputs["meta"]?["namespace"] ?? "");
        return decision.Inject == (bool)c.Expected!["want"]! ? CaseResult.Passed : CaseResult.Failed($"decided {decision.Inject}: {decision.Reason}");
    }

    private static List<JsonObject> Selectors(JsonNode? selectors) => [.. (selectors as JsonArray ?? []).OfType<JsonObject>().Select(Selector)];

    // The corpus writes a selector also as kubectl does: a name that must be there, !name, name=value, name!=value.
    private static JsonObject Selector(JsonObject selector)
    {
        if ((string?)selector["labelSelector"] is not { } text)
        {
            return selector;
        }

        var requirements = text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
        {
            var negated = part.Contains("!=", StringComparison.Ordinal);
            var pair = part.TrimStart('!').Split(negated ? "!=" : "=", 2);
            var op = pair.Length == 1 ? part.StartsWith('!') ? "DoesNotExist" : "Exists" : negated ? "NotIn" : "In";
            var requirement = new JsonObject { ["key"] = pair[0].Trim(), ["operator"] = op };
            if (pair.Length == 2)
            {
                requirement["values"] = new JsonArray(pair[1].TrimStart('=').Trim());
            }

            return (JsonNode)requirement;
        });
        return new JsonObject { ["matchExpressions"] = new JsonArray([.. requirements]) };
    }

    private static JsonObject Status(string? annotation) => InjectionStatus.Read(annotation) is { } status
        ? new JsonObject { ["containers"] = Names(status.Containers), ["initContainers"] = Names(status.InitContainers) }
        : [];

    private static JsonArray Names(IReadOnlyList<string>? names) =>
        new([.. (names ?? []).Select(name => (JsonNode)new JsonObject { ["name"] = name })]);

    private static CaseResult Ports(ConformanceCase c)
    {
        var ports = ContainerPorts.Captured(c.Inputs["c"]!.AsObject()).ToList();
        return Compare(c.Expected!["ports"], ports.Count == 0 ? null : new JsonArray([.. ports.Select(port => (JsonNode)port)]));
    }

    private static JsonObject Map(IReadOnlyDictionary<string, string> values) =>
        new(values.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    private static CaseResult Compare(JsonNode? expected, JsonNode? actual) =>
        JsonDifference.First(expected, actual) is { } difference ? CaseResult.Failed(difference) : CaseResult.Passed;
}
