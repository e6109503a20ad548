using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis.Injection;

/// <summary>IST0102, IST0148, IST0123: what the labels of a namespace say about injection. IST0103: a pod that lacks its sidecar.</summary>
internal sealed class InjectionAnalyzer : IAnalyzer
{
    private const string AmbientLabel = "istio.io/dataplane-mode";

    public string Name => "injection.Analyzer";

    public string Description => "Checks conditions related to Istio sidecar injection";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var everywhere = InjectorValues.Of(mesh).Any(values => values.EnableNamespacesByDefault);
        HashSet<string> injected = [];
        foreach (var ns in mesh.OfKind("Namespace").Where(ns => ns.Resource.Name != mesh.IstioNamespace && !MeshMembership.IsSystemNamespace(ns.Resource.Name)))
        {
            var labels = ns.Node.Labels();
            var injection = labels.Find(MeshMembership.InjectionLabel) ?? "";
            if (injection == "enabled" || (injection.Length == 0 && labels.ContainsKey(MeshMembership.RevisionLabel)))
            {
                injected.Add(ns.Resource.Name);
            }

            if (OfNamespace(ns, injection, everywhere) is { } problem)
            {
                yield return problem;
            }
        }

        foreach (var pod in mesh.OfKind("Pod").Where(pod => injected.Contains(pod.Resource.Namespace) && LacksProxy(pod)))
        {
            yield return ConfigProblem.Warning(
                "IST0103",
                $"The pod {pod.Resource.Namespace}/{pod.Resource.Name} is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.",
                AnalyzedMesh.At(pod));
        }
    }

    private static ConfigProblem? OfNamespace(ConfigDocument ns, string injection, bool everywhere)
    {
        var labels = ns.Node.Labels();
        string[] given = [.. new[] { MeshMembership.InjectionLabel, MeshMembership.RevisionLabel, AmbientLabel }
            .Where(key => key == AmbientLabel ? labels.Find(key) == "ambient" : labels.ContainsKey(key))];
        var at = AnalyzedMesh.At(ns, "metadata.labels");
        if (given.Length > 1)
        {
            return injection == "disabled" ? null : ConfigProblem.Warning(
                "IST0123",
                $"The namespace has more than one type of injection labels {GoText.List(given)}, which may lead to undefined behavior. Make sure only one injection label exists.",
                at);
        }

        if (given.Length == 1)
        {
            return null;
        }

        var name = ns.Resource.Name;
        return everywhere
            ? Findings.Info("IST0148", "is enabled for Istio injection, as Istio is installed with enableNamespacesByDefault as true.", AnalyzedMesh.At(ns))
            : Findings.Info(
                "IST0102",
                $"The namespace is not enabled for Istio injection. Run 'kubectl label namespace {name} istio-injection=enabled' to enable it, or "
                + $"'kubectl label namespace {name} istio-injection=disabled' to explicitly mark it as not needing injection.",
                AnalyzedMesh.At(ns));
    }

    private static bool LacksProxy(ConfigDocument pod)
    {
        // The label goes before the annotation; both may only take the pod out.
        var wish = pod.Node.Labels().Find(MeshMembership.InjectKey) ?? pod.Node.Annotations().Find(MeshMembership.InjectKey);
        var excluded = (wish is not null && !MeshMembership.IsYes(wish)) || pod.Node.FlagAt("spec", "hostNetwork");
        return !excluded && !MeshMembership.Containers(pod.Node).Any(container => container.TextAt("name") == MeshMembership.ProxyContainer);
    }
}
