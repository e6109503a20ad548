using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis.Workloads;

/// <summary>IST0107, IST0108, IST0125, IST0135: Istio's annotations on objects of Kubernetes: misplaced, unknown, invalid, deprecated.</summary>
internal sealed class AnnotationAnalyzer : IAnalyzer
{
    private static readonly string[] Kinds = ["Namespace", "Service", "Pod", "Deployment"];

    public string Name => "annotations.K8sAnalyzer";

    public string Description => "Checks for misplaced and invalid Istio annotations in Kubernetes resources";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) =>
        Kinds.SelectMany(mesh.OfKind).SelectMany(Analyze);

    private static IEnumerable<ConfigProblem> Analyze(ConfigDocument document)
    {
        foreach (var (name, value) in document.Node.Annotations())
        {
            if (!IsIstio(name))
            {
                continue;
            }

            var at = AnalyzedMesh.At(document, "metadata.annotations");
            if (KnownAnnotations.Find(name) is not { } known)
            {
                yield return ConfigProblem.Warning("IST0108", $"Unknown annotation: {name}", at);
                continue;
            }

            // Who has the label as well keeps the annotation for older releases.
            if (known.Deprecated && !(name == MeshMembership.InjectKey && document.Node.Labels().ContainsKey(name)))
            {
                var instead = name == MeshMembership.InjectKey ? " in favor of the \"sidecar.istio.io/inject\" label" : "";
                yield return Findings.Info(
                    "IST0135", $"Annotation {GoText.Quoted(name)} has been deprecated{instead} and may not work in future Istio versions.", at);
            }

            if (known.Kinds is { Length: > 0 } kinds && !kinds.Contains(document.Resource.Kind))
            {
                yield return ConfigProblem.Warning("IST0107", $"Misplaced annotation: {name} can only be applied to {string.Join(", ", kinds)}", at);
            }
            else if (known.Kinds is { Length: > 0 } && known.Problem?.Invoke(value) is { } problem)
            {
                yield return ConfigProblem.Warning("IST0125", $"Invalid annotation {name}: {problem}", at);
            }
        }
    }

    private static bool IsIstio(string name) =>
        name == "kubernetes.io/ingress.class" || name.Split('/', 2)[0].EndsWith("istio.io", StringComparison.Ordinal);
}
