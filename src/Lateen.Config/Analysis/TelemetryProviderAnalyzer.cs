using Lateen.Model.Telemetry;

namespace Lateen.Config.Analysis;

/// <summary>IST0157: access logging without a provider, where the mesh has no default one.</summary>
internal sealed class TelemetryProviderAnalyzer : IAnalyzer
{
    public string Name => "telemetry.ProviderAnalyzer";

    public string Description => "Finds Telemetries whose access logging has no provider";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => mesh.Mesh.DefaultProviders.AccessLogging.IsEmpty
        ? mesh.Of<TelemetryConfig>()
            .Where(telemetry => telemetry.AccessLogging.Any(logging => logging.Providers.IsEmpty && logging.Disabled != true))
            .Select(telemetry => ConfigProblem.Warning(
                "IST0157",
                $"The Telemetry {telemetry.Meta.Name} in namespace {GoText.Quoted(telemetry.Meta.Namespace)} with empty providers will be ignored.",
                mesh.At(telemetry.Meta, "spec.accessLogging")))
        : [];
}
