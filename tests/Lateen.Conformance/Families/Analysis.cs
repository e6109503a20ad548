using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Sources.Files;
using Lateen.Model;

namespace Lateen.Conformance.Families;

/// <summary>Family `analysis`: one analyzer over some resources gives this multiset of (code, origin).</summary>
public sealed class Analysis : IConformanceFamily
{
    public string Name => "analysis";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        var name = (string?)conformanceCase.Json["settings"]?["analyzer"] ?? "";
        if (Analyzers.All.FirstOrDefault(candidate => candidate.Name == name) is not { } analyzer)
        {
            return CaseResult.Failed($"there is no analyzer {name} yet");
        }

        var mesh = MeshSnapshot.Build(new MeshInputs { Configs = Resources(conformanceCase).ToEquatableArray() });
        var actual = analyzer.Analyze(mesh).Select(Origin).Order(StringComparer.Ordinal).ToList();
        var expected = ((JsonArray?)conformanceCase.Json["expected"]?["messages"] ?? [])
            .Select(message => $"{message!["code"]} {Full((string)message["origin"]!)}")
            .Order(StringComparer.Ordinal)
            .ToList();
        return actual.SequenceEqual(expected)
            ? CaseResult.Passed
            : CaseResult.Failed($"expected [{string.Join(", ", expected)}], got [{string.Join(", ", actual)}]");
    }

    private static IEnumerable<IIstioConfig> Resources(ConformanceCase conformanceCase)
    {
        foreach (var input in (JsonArray?)conformanceCase.Json["inputs"]?["resources"] ?? [])
        {
            if ((string?)input?["file"] is not { } file)
            {
                continue;
            }

            foreach (var document in ConfigText.Read(File.ReadAllText(Path.Combine(conformanceCase.Folder, file)), file, "default", []))
            {
                // Analysis runs over what is stored, right or wrong by itself.
                if (IstioDecoder.Knows(document.Group, document.Resource.Kind)
                    && IstioDecoder.Decode(document.Node, file).Value is { } config)
                {
                    yield return config;
                }
            }
        }
    }

    private static string Origin(ConfigProblem problem) => $"{problem.Code} {problem.Where.Resource}";

    // An origin without a namespace is written as the YAML has it: the default one.
    private static string Full(string origin) =>
        origin.Contains('/', StringComparison.Ordinal) ? origin : origin.Replace(" ", " default/", StringComparison.Ordinal);
}
