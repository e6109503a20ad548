using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0101: a VirtualService names a subset that no DestinationRule of the host has.</summary>
internal sealed class SubsetAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.DestinationRuleAnalyzer";

    public IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh) =>
        Analyzers.Of<VirtualServiceConfig>(mesh)
            .SelectMany(service => ReferenceCheck.Subsets(service, mesh))
            .Select(problem => problem with { Severity = ProblemSeverity.Error });
}
