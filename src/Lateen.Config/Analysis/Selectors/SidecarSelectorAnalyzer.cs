using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Selectors;

/// <summary>IST0110: two Sidecar resources choose one pod. IST0101: one chooses none.</summary>
internal sealed class SidecarSelectorAnalyzer : IAnalyzer
{
    public string Name => "sidecar.SelectorAnalyzer";

    public string Description => "Finds Sidecars whose workload selectors choose the same pod, or no pod";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => SelectorChecks.OfWorkloads(
        mesh,
        [.. mesh.Of<SidecarConfig>().Where(sidecar => sidecar.WorkloadSelector is not null).Select(sidecar => new Selecting(sidecar, sidecar.WorkloadSelector!, "spec.workloadSelector"))],
        "IST0110",
        "Sidecars");
}
