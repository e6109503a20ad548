using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0111: several Sidecar resources of one namespace without a selector; only the oldest is used.</summary>
internal sealed class SidecarDefaultSelectorAnalyzer : IAnalyzer
{
    public string Name => "sidecar.DefaultSelectorAnalyzer";

    public IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh) =>
        Analyzers.Of<SidecarConfig>(mesh)
            .Where(resource => resource.WorkloadSelector is null)
            .GroupBy(resource => resource.Meta.Namespace)
            .Where(group => group.Count() > 1)
            .SelectMany(group => group.Select(resource => ConfigProblem.Error(
                "IST0111",
                $"{group.Count()} Sidecar resources of namespace {group.Key} have no selector ({string.Join(", ", group.Select(other => other.Meta.Name))}); the oldest is used",
                Analyzers.At(resource.Meta, ""),
                "keep one without a selector")));
}
