namespace Lateen.Config.Analysis;

/// <summary>A check over the whole mesh: what is allowed in each resource by itself, and does not fit together.</summary>
/// <remarks>Pure: the mesh is its only argument. Codes, levels and sentences are those of `istioctl analyze`.</remarks>
public interface IAnalyzer
{
    /// <summary>Istio's name of the check, for instance `virtualservice.GatewayAnalyzer`.</summary>
    string Name { get; }

    /// <summary>What it checks, in one sentence, for `analyze --list-analyzers`.</summary>
    string Description { get; }

    IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh);
}
