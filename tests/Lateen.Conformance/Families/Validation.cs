using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Sources.Files;

namespace Lateen.Conformance.Families;

/// <summary>Family `validation`: is a resource, or a part of one, accepted. A part is put into an otherwise valid resource at the place that the case names.</summary>
public sealed class Validation : IConformanceFamily
{
    public string Name => "validation";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        if ((bool?)conformanceCase.Json["expected"]?["accepted"] is not { } expected)
        {
            return CaseResult.Skipped("the case states no accepted");
        }

        if ((string?)conformanceCase.Json["expected"]?["errorContains"] == "cannot cast")
        {
            return CaseResult.Skipped("the row hands a message of another kind to the validator; no document can do that");
        }

        if ((string?)conformanceCase.Json["settings"]?["validates"] == "ProxyConfig (MeshConfig.defaultConfig)")
        {
            return CaseResult.Skipped("every row of this table carries the same value, with accepted and refused as outcome");
        }

        var inputs = (JsonObject)conformanceCase.Json["inputs"]!;
        if (Problems(conformanceCase, inputs) is not { } problems)
        {
            var settings = conformanceCase.Json["settings"];
            return CaseResult.Skipped($"no seam for {(string?)settings?["validates"]} at {(string?)settings?["at"]}");
        }

        var errors = problems.Where(problem => problem.Severity == ProblemSeverity.Error).ToList();
        return errors.Count == 0 == expected
            ? CaseResult.Passed
            : CaseResult.Failed(expected
                ? $"expected accepted, refused: {string.Join("; ", errors.Select(error => error.Describe()))}"
                : "expected refused, was accepted");
    }

    private static IReadOnlyList<ConfigProblem>? Problems(ConformanceCase conformanceCase, JsonObject inputs)
    {
        if (inputs["resource"] is JsonObject resource)
        {
            if (resource.Count == 1 && (string?)resource["file"] is { } file)
            {
                return Text(File.ReadAllText(Path.Combine(conformanceCase.Folder, file)), file);
            }

            return Object((JsonObject)ValidationPlaces.Expand(resource)!);
        }

        var settings = conformanceCase.Json["settings"];
        var validates = (string?)settings?["validates"] ?? "";
        var at = (string?)settings?["at"] ?? "";
        if (inputs["value"] is null && inputs["values"] is null && !inputs.ContainsKey("value"))
        {
            // A table row that hands a message of another kind to the validator: no document can do that.
            return null;
        }

        return ValidationPlaces.Place(validates, at, ValidationPlaces.Expand(inputs["value"] ?? inputs["values"]));
    }

    private static List<ConfigProblem> Text(string text, string file)
    {
        var problems = new List<ConfigProblem>();
        foreach (var document in ConfigText.Read(text, file, "default", problems))
        {
            problems.AddRange(IstioDecoder.Decode(document.Node, file).Problems);
        }

        return problems;
    }

    internal static IReadOnlyList<ConfigProblem> Object(JsonObject value) => [.. IstioDecoder.Decode(JsonTree.From(value)).Problems];

    internal static IReadOnlyList<ConfigProblem> Mesh(JsonObject value) => [.. MeshConfigDecoder.Decode(JsonTree.From(value)).Problems];
}
