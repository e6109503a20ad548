using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis.Injection;

/// <summary>IST0158: pods whose sidecar has another image than the injector would give them now.</summary>
internal sealed class ProxyImageAnalyzer : IAnalyzer
{
    public string Name => "injection.ImageAnalyzer";

    public string Description => "Checks the image of auto-injected sidecars against the injector's configuration";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var images = InjectorValues.Of(mesh).Where(values => values.ProxyImage.Length > 0)
            .DistinctBy(values => values.Revision)
            .ToDictionary(values => values.Revision, values => values.ProxyImage);
        foreach (var ns in mesh.OfKind("Namespace"))
        {
            if (Revision(ns) is not { } revision || !images.TryGetValue(revision, out var image))
            {
                continue;
            }

            var others = mesh.OfKind("Pod").Where(pod => pod.Resource.Namespace == ns.Resource.Name && HasOther(pod, image)).ToList();
            if (others.Count > 0)
            {
                yield return ConfigProblem.Warning(
                    "IST0158",
                    "The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration "
                    + $"(pod names: {GoText.List(others.Select(pod => pod.Resource.Name).Order(StringComparer.Ordinal))}). "
                    + "This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.",
                    AnalyzedMesh.At(ns));
            }
        }
    }

    private static string? Revision(ConfigDocument ns)
    {
        var labels = ns.Node.Labels();
        return labels.Find(MeshMembership.InjectionLabel) switch
        {
            "enabled" => "default",
            null => labels.Find(MeshMembership.RevisionLabel),
            _ => null,
        };
    }

    private static bool HasOther(ConfigDocument pod, string image)
    {
        // An image of the pod's own choice is not the injector's business; `auto` has not been injected yet.
        return !pod.Node.Annotations().ContainsKey("sidecar.istio.io/proxyImage")
            && MeshMembership.Containers(pod.Node).Any(container =>
                container.TextAt("name") == MeshMembership.ProxyContainer && container.TextAt("image") is not ("auto" or "") && container.TextAt("image") != image);
    }
}
