using Lateen.Model.Mesh;
using Lateen.Model.Telemetry;

namespace Lateen.Config.Analysis;

/// <summary>IST0002: a Telemetry sends spans to a Lightstep provider, which OpenTelemetry replaces.</summary>
internal sealed class TelemetryLightstepAnalyzer : IAnalyzer
{
    public string Name => "telemetry.LightstepAnalyzer";

    public string Description => "Finds Telemetries that use the deprecated Lightstep provider";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var lightstep = mesh.Mesh.ExtensionProviders
            .OfType<TracingProvider>()
            .Where(provider => provider.Kind == TracerKind.Lightstep)
            .Select(provider => provider.Name)
            .ToHashSet();
        foreach (var telemetry in mesh.Of<TelemetryConfig>())
        {
            for (var i = 0; i < telemetry.Tracing.Count; i++)
            {
                foreach (var _ in telemetry.Tracing[i].Providers.Where(lightstep.Contains))
                {
                    yield return ConfigProblem.Warning(
                        "IST0002",
                        "Deprecated: The Lightstep provider is deprecated, please migrate to OpenTelemetry provider.",
                        mesh.At(telemetry.Meta, $"spec.tracing[{i}].providers"));
                }
            }
        }
    }
}
