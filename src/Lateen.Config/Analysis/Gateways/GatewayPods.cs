using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Gateways;

/// <summary>The pods that a Gateway chooses, of any namespace.</summary>
internal static class GatewayPods
{
    public static IEnumerable<ConfigDocument> Of(AnalyzedMesh mesh, GatewayConfig gateway) =>
        mesh.OfKind("Pod").Where(pod => LabelsMatch.IsSubset(gateway.Selector, pod.Node.Labels()));

    /// <summary>IST0101: there is none.</summary>
    public static ConfigProblem NotFound(AnalyzedMesh mesh, GatewayConfig gateway) =>
        Findings.NotFound(mesh.At(gateway.Meta, "spec.selector"), "selector", GoText.Selector(gateway.Selector));
}
