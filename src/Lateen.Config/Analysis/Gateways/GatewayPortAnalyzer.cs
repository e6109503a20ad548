using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Gateways;

/// <summary>IST0101: a Gateway chooses no pod. IST0104: no Service of its pods has one of its ports.</summary>
internal sealed class GatewayPortAnalyzer : IAnalyzer
{
    public string Name => "gateway.IngressGatewayPortAnalyzer";

    public string Description => "Checks a gateway's ports against the gateway's Kubernetes service ports";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => mesh.Of<GatewayConfig>().SelectMany(gateway => Analyze(mesh, gateway));

    private static IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh, GatewayConfig gateway)
    {
        var pods = GatewayPods.Of(mesh, gateway).ToList();
        if (pods.Count == 0)
        {
            yield return GatewayPods.NotFound(mesh, gateway);
            yield break;
        }

        var ports = pods.SelectMany(pod => Ports(mesh, pod)).ToHashSet();
        for (var i = 0; i < gateway.Servers.Count; i++)
        {
            var port = gateway.Servers[i].Port.Number;
            if (!ports.Contains(port))
            {
                yield return ConfigProblem.Warning(
                    "IST0104",
                    $"The gateway refers to a port that is not exposed on the workload (pod selector {GoText.Selector(gateway.Selector)}; port {port})",
                    mesh.At(gateway.Meta, $"spec.servers[{i}].port.number"));
            }
        }
    }

    private static IEnumerable<int> Ports(AnalyzedMesh mesh, ConfigDocument pod) =>
        from service in mesh.OfKind("Service")
        where service.Resource.Namespace == pod.Resource.Namespace
            && service.Node.PairsAt("spec", "selector") is { IsEmpty: false } selector
            && LabelsMatch.IsSubset(selector, pod.Node.Labels())
        from port in service.Node.ItemsAt("spec", "ports")
        where port.TextAt("protocol") is "" or "TCP"
        select port.NumberAt("port");
}
