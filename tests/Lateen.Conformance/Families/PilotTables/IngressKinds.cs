using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model.Ingresses;
using Lateen.Translation.Secrets;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Kubernetes Ingress and Gateway API.</summary>
internal static class IngressKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["ingress-class"] = Class,
        ["gateway-reference-policy"] = References,
    };

    private static CaseResult References(ConformanceCase c)
    {
        var mesh = new CaseMesh([]);
        mesh.AddYaml((string)c.Inputs["config"]!);
        var grants = mesh.Build().Index.Inputs.Grants;
        foreach (var expectation in c.Expected!["expectations"]!.AsArray())
        {
            var name = SecretName.Parse((string)expectation!["name"]!, "")!;
            if (grants.AllowSecret((string)expectation["namespace"]!, name.Namespace, name.Name) != (bool)expectation["allowed"]!)
            {
                return CaseResult.Failed($"{expectation["name"]} for {expectation["namespace"]}: expected {expectation["allowed"]}");
            }
        }

        return CaseResult.Passed;
    }

    private static CaseResult Class(ConformanceCase c)
    {
        var served = c.Inputs["ingressClass"] as JsonObject;
        var metadata = new JsonObject { ["name"] = "test-ingress", ["namespace"] = "default" };

        // The table's empty annotation is none.
        if ((string?)c.Inputs["annotation"] is { Length: > 0 } annotation)
        {
            metadata["annotations"] = new JsonObject { ["kubernetes.io/ingress.class"] = annotation };
        }

        var ingress = IngressDecoder.Read(new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["ingressClassName"] = served?["metadata"]?["name"]?.DeepClone() },
        });
        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = new JsonObject { ["ingressControllerMode"] = c.Inputs["ingressMode"]!.DeepClone() } })
            .Build().Mesh;
        return KindChecks.Compare(
            (bool)c.Expected!["shouldProcess"]!,
            IngressSelection.IsServed(ingress, mesh, _ => served is null ? null : IngressDecoder.ReadClass(served)));
    }
}
