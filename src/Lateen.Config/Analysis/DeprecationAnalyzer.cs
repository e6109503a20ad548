using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis;

/// <summary>IST0002: fields and kinds that are still read and will go.</summary>
internal sealed class DeprecationAnalyzer : IAnalyzer
{
    private static readonly HashSet<string> RemovedKinds = ["ClusterRbacConfig", "RbacConfig", "ServiceRole", "ServiceRoleBinding"];

    public string Name => "deprecation.DeprecationAnalyzer";

    public string Description => "Checks for deprecated Istio types and fields";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) =>
        mesh.OfKind("VirtualService").SelectMany(OfVirtualService)
            .Concat(mesh.OfKind("Sidecar").SelectMany(OfSidecar))
            .Concat(mesh.OfKind("CustomResourceDefinition").SelectMany(OfDefinition));

    private static IEnumerable<ConfigProblem> OfVirtualService(ConfigDocument document)
    {
        var i = 0;
        foreach (var http in document.Node.ItemsAt("spec", "http"))
        {
            if (http.NumberAt("fault", "delay", "percent") > 0)
            {
                yield return Deprecated("use HTTPFaultInjection.Delay.percentage instead of HTTPFaultInjection.Delay.percent", document, $"spec.http[{i}].fault.delay.percent");
            }

            i++;
        }
    }

    private static IEnumerable<ConfigProblem> OfSidecar(ConfigDocument document)
    {
        if (document.Node.At("spec", "outboundTrafficPolicy", "egressProxy") is not null)
        {
            yield return Deprecated("OutboundTrafficPolicy.EgressProxy is deprecated", document, "spec.outboundTrafficPolicy.egressProxy");
        }
    }

    private static IEnumerable<ConfigProblem> OfDefinition(ConfigDocument document)
    {
        var (group, kind) = (document.Node.TextAt("spec", "group"), document.Node.TextAt("spec", "names", "kind"));
        if (group == "rbac.istio.io" && RemovedKinds.Contains(kind))
        {
            yield return Deprecated($"Custom resource type {group} {kind} is removed", document, "spec.names.kind");
        }
    }

    private static ConfigProblem Deprecated(string detail, ConfigDocument document, string path) =>
        ConfigProblem.Warning("IST0002", $"Deprecated: {detail}", AnalyzedMesh.At(document, path));
}
