using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Sources.Files;
using Lateen.Model.Mesh;

namespace Lateen.Conformance.Families;

/// <summary>Family `analysis`: one analyzer over some resources gives this multiset of (code, origin).</summary>
public sealed class Analysis : IConformanceFamily
{
    public string Name => "analysis";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        var name = (string?)conformanceCase.Settings["analyzer"] ?? "";
        if (Analyzers.All.FirstOrDefault(candidate => candidate.Name == name) is not { } analyzer)
        {
            return CaseResult.Failed($"there is no analyzer {name} yet");
        }

        var expectedMessages = ((JsonArray?)conformanceCase.Expected?["messages"] ?? []).ToList();
        var actual = analyzer.Analyze(Mesh(conformanceCase))
            .Select(problem => $"{problem.Code} {Level(problem.Severity)} {problem.Where.Resource}")
            .Order(StringComparer.Ordinal)
            .ToList();
        var expected = expectedMessages
            .Select(message => $"{message!["code"]} {message["level"]} {Full((string)message["origin"]!)}")
            .Order(StringComparer.Ordinal)
            .ToList();
        return actual.SequenceEqual(expected)
            ? CaseResult.Passed
            : CaseResult.Failed($"expected [{string.Join(", ", expected)}], got [{string.Join(", ", actual)}]");
    }

    private static AnalyzedMesh Mesh(ConformanceCase conformanceCase)
    {
        var istio = (string?)conformanceCase.Settings["istioNamespace"] ?? "istio-system";
        var mesh = conformanceCase.Text(conformanceCase.Inputs["meshConfigMap"]) is { } text
            ? MeshConfigDecoder.Decode(text, "mesh").Value!
            : MeshConfig.Default;
        var networks = conformanceCase.Text(conformanceCase.Inputs["meshNetworks"]) is { } written
            ? MeshNetworksDecoder.Decode(written, "meshNetworks").Value!.Networks
            : [];
        var resources = ((JsonArray?)conformanceCase.Inputs["resources"] ?? [])
            .SelectMany(input => ConfigText.Read(conformanceCase.Text(input)!, (string?)input!["file"], "default", []));
        return new AnalyzedMesh(DummyGateway.Objects(istio, "istio-ingressgateway").Concat(resources))
        {
            Mesh = mesh,
            Networks = networks,
            IstioNamespace = istio,
        };
    }

    private static string Level(ProblemSeverity severity) => severity == ProblemSeverity.Notice ? "Info" : severity.ToString();

    // An origin without a namespace is written as the YAML has it: the default one, unless the kind has none.
    private static string Full(string origin) =>
        origin.Contains('/', StringComparison.Ordinal) || origin.Split(' ')[0] is "Namespace" or "MutatingWebhookConfiguration"
            ? origin
            : origin.Replace(" ", " default/", StringComparison.Ordinal);
}
