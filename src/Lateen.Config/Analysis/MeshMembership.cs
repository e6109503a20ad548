using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis;

/// <summary>Which pods and deployments have, or will get, a sidecar.</summary>
internal static class MeshMembership
{
    public const string ProxyContainer = "istio-proxy";
    public const string InjectionLabel = "istio-injection";
    public const string RevisionLabel = "istio.io/rev";
    public const string InjectKey = "sidecar.istio.io/inject";

    /// <summary>Namespaces of Kubernetes itself.</summary>
    public static bool IsSystemNamespace(string ns) => ns is "kube-system" or "kube-public" or "kube-node-lease" or "local-path-storage";

    /// <summary>Objects that Istio's own installation or its gateway controller made.</summary>
    public static bool IsControlPlane(ConfigDocument document)
    {
        var labels = document.Node.Labels();
        return labels.ContainsKey("istio") || labels.Find("release") == "istio" || labels.Find("gateway.istio.io/managed") == "istio.io-mesh-controller";
    }

    public static bool HasPod(AnalyzedMesh mesh, ConfigDocument pod) => IsInMesh(mesh, pod.Resource.Namespace, pod.Node);

    public static bool HasDeployment(AnalyzedMesh mesh, ConfigDocument deployment) =>
        IsInMesh(mesh, deployment.Resource.Namespace, deployment.Node.At("spec", "template"));

    /// <summary>A pod that ztunnel serves.</summary>
    public static bool IsAmbient(ConfigDocument pod) => pod.Node.Annotations().Find("ambient.istio.io/redirection") == "enabled";

    /// <summary>All containers of a pod or a pod template.</summary>
    public static IEnumerable<ConfigNode> Containers(ConfigNode? pod) =>
        pod.ItemsAt("spec", "containers").Concat(pod.ItemsAt("spec", "initContainers"));

    // The container that is there decides, then the pod's label, its annotation, and last what its namespace says.
    private static bool IsInMesh(AnalyzedMesh mesh, string ns, ConfigNode? pod)
    {
        if (Containers(pod).Any(container => container.TextAt("name") == ProxyContainer))
        {
            return true;
        }

        if (pod.Labels().TryGetValue(InjectKey, out var label))
        {
            return IsYes(label);
        }

        if (pod.Annotations().TryGetValue(InjectKey, out var annotation))
        {
            return IsYes(annotation);
        }

        var labels = mesh.Find("Namespace", "", ns)?.Node.Labels();
        return labels?.Find(InjectionLabel) is { } injection ? injection == "enabled" : labels?.ContainsKey(RevisionLabel) == true;
    }

    /// <summary>How the injector reads the annotation and the label.</summary>
    public static bool IsYes(string value) => value.ToLowerInvariant() is "true" or "y" or "yes" or "on";
}
