using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis.Workloads;

/// <summary>IST0144: an application runs as the sidecar's own user, whose traffic is not captured.</summary>
internal sealed class ApplicationUidAnalyzer : IAnalyzer
{
    private const string ProxyUid = "1337";

    public string Name => "applicationUID.Analyzer";

    public string Description => "Checks that no application runs as user 1337";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) =>
        mesh.OfKind("Pod").Select(pod => Check(pod, pod.Node.Member("spec"), "spec"))
            .Concat(mesh.OfKind("Deployment").Select(deployment => Check(deployment, deployment.Node.At("spec", "template", "spec"), "spec.template.spec")))
            .OfType<ConfigProblem>();

    private static ConfigProblem? Check(ConfigDocument document, ConfigNode? pod, string path)
    {
        if (MeshMembership.IsControlPlane(document))
        {
            return null;
        }

        var applications = pod.ItemsAt("containers").Where(container => container.TextAt("name") != MeshMembership.ProxyContainer).ToList();
        var shared = applications.Count > 0 && IsProxy(pod);
        return shared || applications.Any(IsProxy)
            ? ConfigProblem.Warning(
                "IST0144",
                "User ID (UID) 1337 is reserved for the sidecar proxy.",
                AnalyzedMesh.At(document, shared ? $"{path}.securityContext.runAsUser" : $"{path}.containers"))
            : null;
    }

    private static bool IsProxy(ConfigNode? node) => node.TextAt("securityContext", "runAsUser") == ProxyUid;
}
