using Lateen.Model;
using Lateen.Model.Telemetry;

namespace Lateen.Config.Analysis;

/// <summary>IST0160: several Telemetry resources of one namespace without a selector; only the oldest is used.</summary>
internal sealed class TelemetryDefaultSelectorAnalyzer : IAnalyzer
{
    public string Name => "telemetry.DefaultSelectorAnalyzer";

    public IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh) =>
        Analyzers.Of<TelemetryConfig>(mesh)
            .Where(resource => resource.Selector is null)
            .GroupBy(resource => resource.Meta.Namespace)
            .Where(group => group.Count() > 1)
            .SelectMany(group => group.Select(resource => ConfigProblem.Error(
                "IST0160",
                $"{group.Count()} Telemetry resources of namespace {group.Key} have no selector ({string.Join(", ", group.Select(other => other.Meta.Name))}); the oldest is used",
                Analyzers.At(resource.Meta, ""),
                "keep one without a selector")));
}
