using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>A check over the whole mesh: what is allowed in each resource by itself, and does not fit together.</summary>
/// <remarks>Pure: the snapshot is its only argument.</remarks>
public interface IAnalyzer
{
    /// <summary>Istio's name of the check, for instance `virtualservice.GatewayAnalyzer`.</summary>
    string Name { get; }

    IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh);
}
