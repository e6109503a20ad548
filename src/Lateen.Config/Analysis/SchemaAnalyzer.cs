using Lateen.Config.Analysis.VirtualServices;
using Lateen.Config.Decoding.Istio;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0106 and IST0133 (of VirtualServices also IST0130 and IST0131): what validation finds in the resources of one kind by themselves.</summary>
internal sealed class SchemaAnalyzer(string group, string kind) : IAnalyzer
{
    public string Name => $"schema.ValidationAnalyzer.{kind}";

    public string Description => $"Runs schema validation as an analyzer on '{group}/{kind}' resources";

    public static IEnumerable<IAnalyzer> ForEachKind() =>
        IstioDecoder.AllKinds.OrderBy(known => known.Kind, StringComparer.Ordinal).Select(known => new SchemaAnalyzer(known.Group, known.Kind));

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => kind == "VirtualService"
        ? Invalid(mesh).Concat(mesh.Of<VirtualServiceConfig>().SelectMany(service => RuleReachability.Of(mesh, service)))
        : Invalid(mesh);

    private IEnumerable<ConfigProblem> Invalid(AnalyzedMesh mesh) =>
        from document in mesh.OfKind(kind)
        where document.Group == @group
        from problem in IstioDecoder.Decode(document.Node, document.File, document.Resource.Namespace).Problems
        select problem.Severity == ProblemSeverity.Error
            ? problem with { Code = "IST0106", What = $"Schema validation error: {problem.Describe()}", Fix = "" }
            : problem.Code == "IST0106"
                ? problem with { Code = "IST0133", What = $"Schema validation warning: {problem.Describe()}", Fix = "" }
                : problem;
}
