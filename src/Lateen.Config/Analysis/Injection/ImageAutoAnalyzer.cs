using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;
using Lateen.Model;

namespace Lateen.Config.Analysis.Injection;

/// <summary>IST0146 and IST0147: `image: auto` where no injection webhook will replace it.</summary>
internal sealed class ImageAutoAnalyzer : IAnalyzer
{
    public string Name => "injection.ImageAutoAnalyzer";

    public string Description => "Makes sure that Pods and Deployments with `image: auto` are going to be injected";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var hooks = mesh.OfKind("MutatingWebhookConfiguration")
            .SelectMany(document => document.Node.ItemsAt("webhooks"))
            .Where(hook => hook.TextAt("name").EndsWith("istio.io", StringComparison.Ordinal))
            .ToList();
        return mesh.OfKind("Pod").Where(pod => IsLost(mesh, hooks, pod, pod.Node))
            .Select(pod => ConfigProblem.Error("IST0147", Text(pod), AnalyzedMesh.At(pod)))
            .Concat(mesh.OfKind("Deployment").Where(deployment => IsLost(mesh, hooks, deployment, deployment.Node.At("spec", "template")))
                .Select(deployment => ConfigProblem.Warning("IST0146", Text(deployment), AnalyzedMesh.At(deployment))));
    }

    private static string Text(ConfigDocument document) =>
        $"{document.Resource.Kind} {document.Resource.Name} contains `image: auto` but does not match any Istio injection webhook selectors.";

    private static bool IsLost(AnalyzedMesh mesh, List<ConfigNode> hooks, ConfigDocument document, ConfigNode? pod)
    {
        if (!MeshMembership.Containers(pod).Any(container => container.TextAt("name") == MeshMembership.ProxyContainer && container.TextAt("image") == "auto"))
        {
            return false;
        }

        var ns = mesh.Find("Namespace", "", document.Resource.Namespace)?.Node.Labels() ?? EquatableMap<string, string>.Empty;
        return !hooks.Exists(hook =>
            LabelSelection.Matches(hook.Member("namespaceSelector"), ns) && LabelSelection.Matches(hook.Member("objectSelector"), pod.Labels()));
    }
}
