using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Decoding;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Conformance.Families;

/// <summary>Family `gateway-api`: other resources as the Gateways and VirtualServices that they stand for. Only Ingress yet.</summary>
public sealed class GatewayApi : IConformanceFamily
{
    public string Name => "gateway-api";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind == "ingress"
        ? Ingress(conformanceCase)
        : CaseResult.Skipped("resources of the Gateway API are not served yet");

    private static CaseResult Ingress(ConformanceCase c)
    {
        var settings = c.Settings;
        var state = new MeshState((string)settings["domainSuffix"]!, "Kubernetes", ControlPlaneSettings.Default with
        {
            IngressNamespace = (string)settings["ingressNamespace"]!,
        });
        state.SetMesh(MeshConfigDecoder.Decode(JsonTree.From(settings["meshConfig"])).Value!);
        foreach (var service in (settings["services"] as JsonArray ?? []).OfType<JsonObject>())
        {
            state.Upsert(service["spec"] is null ? NeutralServices.Read(service) : ServiceDecoder.Read(service, (string)settings["domainSuffix"]!, "Kubernetes"));
        }

        foreach (var document in Documents(c.Text(c.Inputs["resources"])!))
        {
            Add(state, document, (string)settings["meshConfig"]!["ingressClass"]!);
        }

        var actual = state.Build().Snapshot.Index.Inputs.Configs.OrderBy(Key, StringComparer.Ordinal).ToList();
        var expected = Documents(c.Text(c.Expected!["istioResources"])!)
            .Select(document => IstioDecoder.Decode(document.Node).Value!).OrderBy(Key, StringComparer.Ordinal).ToList();
        return KindsOf(expected) != KindsOf(actual) ? CaseResult.Failed($"expected {KindsOf(expected)}, found {KindsOf(actual)}")
            : expected.Zip(actual).FirstOrDefault(pair => !pair.First.Equals(pair.Second)) is { First: { } first, Second: { } second }
            ? CaseResult.Failed($"expected {first}, found {second}")
            : CaseResult.Passed;
    }

    private static ImmutableArray<ConfigDocument> Documents(string text) => ConfigText.Read(text, null, "default", []);

    private static void Add(MeshState state, ConfigDocument document, string ingressClass)
    {
        var json = (JsonObject)JsonNode.Parse(NodeJson.Of(document.Node)!.ToJsonString())!;
        ((JsonObject)json["metadata"]!).TryAdd("namespace", document.Resource.Namespace);
        switch (document.Resource.Kind)
        {
            case "Ingress":
                // The table converts whatever it is given; here only Ingresses of the mesh's class are served.
                var annotations = (JsonObject)(json["metadata"]!["annotations"] ??= new JsonObject());
                annotations.TryAdd("kubernetes.io/ingress.class", ingressClass);
                state.Ingresses.Upsert(IngressDecoder.Read(json));
                break;
            case "Service":
                state.Upsert(ServiceDecoder.Read(json, "mydomain", "Kubernetes"));
                break;
        }
    }

    private static string Key(IIstioConfig config) => config.Meta.ToString();

    private static string KindsOf(IEnumerable<IIstioConfig> configs) => string.Join(", ", configs.Select(Key));
}
