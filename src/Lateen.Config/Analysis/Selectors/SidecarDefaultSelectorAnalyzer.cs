using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Selectors;

/// <summary>IST0111: several Sidecar resources of one namespace without a selector; only the oldest is used.</summary>
internal sealed class SidecarDefaultSelectorAnalyzer : IAnalyzer
{
    public string Name => "sidecar.DefaultSelectorAnalyzer";

    public string Description => "Finds namespaces with more than one Sidecar that has no workload selector";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => SelectorChecks.SeveralWithoutSelector(
        mesh, mesh.Of<SidecarConfig>().Where(sidecar => sidecar.WorkloadSelector is null), "IST0111", "Sidecars");
}
