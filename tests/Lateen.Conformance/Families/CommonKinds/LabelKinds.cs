using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Conformance.Families.Pilot;
using Lateen.Conformance.Families.PilotTables;
using Lateen.Model;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>Labels of workloads, and header names that stand for claims.</summary>
internal static class LabelKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["labels-subset"] = Subset,
        ["labels-validate"] = Validate,
        ["jwt-claim-header"] = Claim,
    };

    private static CaseResult Subset(ConformanceCase c)
    {
        var isSubset = LabelsMatch.IsSubset(Labels(c.Inputs["left"]), Labels(c.Inputs["right"]));
        var json = new JsonObject { ["subsetOf"] = isSubset, ["selected"] = IsSelected(c) };
        return KindChecks.Compare(c.Expected!["expected"], json);
    }

    /// <summary>Whether a Kubernetes service with the left labels for its selector is served by a machine that has the right ones.</summary>
    private static bool IsSelected(ConformanceCase c)
    {
        var service = new Service
        {
            Hostname = "a.default.svc.cluster.local",
            Name = "a",
            Namespace = "default",
            Registry = Registry.Kubernetes,
            Selector = Labels(c.Inputs["left"]),
            Ports = [new ServicePort { Name = "http", Number = 80, TargetPort = 80, Protocol = Protocol.Http }],
        };
        var mesh = new CaseMesh([]);
        mesh.Add(service);
        mesh.Add(JsonTree.From(Object("WorkloadEntry", new()
        {
            ["address"] = "1.2.3.4",
            ["labels"] = c.Inputs["right"]?.DeepClone(),
        })));
        return !mesh.Build().EndpointsOf(service.Key).Endpoints.IsEmpty;
    }

    private static CaseResult Validate(ConformanceCase c)
    {
        var subset = new JsonObject { ["name"] = "v1", ["labels"] = c.Inputs["tags"]?.DeepClone() };
        var decoded = IstioDecoder.Decode(JsonTree.From(Object("DestinationRule", new() { ["host"] = "a", ["subsets"] = new JsonArray(subset) })));
        return KindChecks.Compare((bool?)c.Expected!["valid"] ?? false, decoded.IsValid);
    }

    private static CaseResult Claim(ConformanceCase c)
    {
        var want = c.Expected!["want"]!;
        var path = RoutingClaim.Path((string)c.Inputs["name"]!);
        return KindChecks.Compare(want["claims"], path is null ? null : new JsonArray([.. path.Select(claim => JsonValue.Create(claim))]));
    }

    private static JsonObject Object(string kind, JsonObject spec) => new()
    {
        ["apiVersion"] = "networking.istio.io/v1alpha3",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = "case", ["namespace"] = "default" },
        ["spec"] = spec,
    };

    private static EquatableMap<string, string> Labels(JsonNode? json) =>
        (json as JsonObject ?? []).Select(label => KeyValuePair.Create(label.Key, (string)label.Value!)).ToEquatableMap();
}
