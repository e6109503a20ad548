using Lateen.Model.Telemetry;

namespace Lateen.Config.Analysis.Selectors;

/// <summary>IST0160: several Telemetry resources of one namespace without a selector; only the oldest is used.</summary>
internal sealed class TelemetryDefaultSelectorAnalyzer : IAnalyzer
{
    public string Name => "telemetry.DefaultSelectorAnalyzer";

    public string Description => "Finds namespaces with more than one Telemetry that has no workload selector";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => SelectorChecks.SeveralWithoutSelector(
        mesh, mesh.Of<TelemetryConfig>().Where(telemetry => telemetry.Selector is null), "IST0160", "Telemetries");
}
