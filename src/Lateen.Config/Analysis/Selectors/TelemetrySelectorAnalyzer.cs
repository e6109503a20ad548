using Lateen.Model.Telemetry;

namespace Lateen.Config.Analysis.Selectors;

/// <summary>IST0159: two Telemetry resources choose one pod. IST0101: one chooses none.</summary>
internal sealed class TelemetrySelectorAnalyzer : IAnalyzer
{
    public string Name => "telemetry.SelectorAnalyzer";

    public string Description => "Finds Telemetries whose workload selectors choose the same pod, or no pod";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => SelectorChecks.OfWorkloads(
        mesh,
        [.. mesh.Of<TelemetryConfig>().Where(telemetry => telemetry.Selector is not null).Select(telemetry => new Selecting(telemetry, telemetry.Selector!, "spec.selector"))],
        "IST0159",
        "Telemetries");
}
