using Lateen.Model;

namespace Lateen.Config.Analysis.Selectors;

/// <summary>A resource that chooses pods of its namespace, and the field that does.</summary>
internal sealed record Selecting(IIstioConfig Config, WorkloadSelector Selector, string FieldPath);

/// <summary>What is wrong with selectors that should not meet; the same for each kind.</summary>
internal static class SelectorChecks
{
    /// <summary>One finding for each resource of a namespace that has several without a selector.</summary>
    public static IEnumerable<ConfigProblem> SeveralWithoutSelector(
        AnalyzedMesh mesh, IEnumerable<IIstioConfig> withoutSelector, string code, string plural) =>
        withoutSelector
            .GroupBy(config => config.Meta.Namespace)
            .Where(group => group.Count() > 1)
            .SelectMany(group => group.Select(config => ConfigProblem.Error(
                code,
                $"The {plural} {GoText.List(Names(group))} in namespace {GoText.Quoted(group.Key)} have no workload selector, which can lead to undefined behavior.",
                mesh.At(config.Meta))));

    /// <summary>Selectors that choose no pod, and for each pod that several choose, one finding for each of those.</summary>
    public static IEnumerable<ConfigProblem> OfWorkloads(AnalyzedMesh mesh, IReadOnlyList<Selecting> all, string code, string plural)
    {
        var chosen = new Dictionary<ResourceName, List<Selecting>>();
        foreach (var one in all)
        {
            var found = false;
            foreach (var pod in mesh.OfKind("Pod"))
            {
                if (pod.Resource.Namespace == one.Config.Meta.Namespace && one.Selector.Matches(pod.Node.Labels()))
                {
                    found = true;
                    (chosen.TryGetValue(pod.Resource, out var others) ? others : chosen[pod.Resource] = []).Add(one);
                }
            }

            if (!found)
            {
                yield return Findings.NotFound(mesh.At(one.Config.Meta, one.FieldPath), "selector", GoText.Selector(one.Selector.MatchLabels));
            }
        }

        foreach (var (pod, by) in chosen.Where(entry => entry.Value.Count > 1))
        {
            var names = GoText.List(Names(by.Select(one => one.Config)));
            foreach (var one in by)
            {
                yield return ConfigProblem.Error(
                    code,
                    $"The {plural} {names} in namespace {GoText.Quoted(pod.Namespace)} select the same workload pod {GoText.Quoted(pod.Name)}, which can lead to undefined behavior.",
                    mesh.At(one.Config.Meta, one.FieldPath));
            }
        }
    }

    private static IEnumerable<string> Names(IEnumerable<IIstioConfig> configs) =>
        configs.Select(config => config.Meta.Name).Order(StringComparer.Ordinal);
}
