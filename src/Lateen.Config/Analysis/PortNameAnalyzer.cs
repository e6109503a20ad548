using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;
using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>IST0118: a Service port whose name tells no protocol. IST0150: an ExternalName Service whose port would be plain TCP.</summary>
internal sealed class PortNameAnalyzer : IAnalyzer
{
    public string Name => "service.PortNameAnalyzer";

    public string Description => "Checks that names of Service ports tell the protocol";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => mesh.OfKind("Service")
        .Where(service => !MeshMembership.IsSystemNamespace(service.Resource.Namespace) && !MeshMembership.IsControlPlane(service))
        .SelectMany(Analyze);

    private static IEnumerable<ConfigProblem> Analyze(ConfigDocument service)
    {
        var external = service.Node.TextAt("spec", "type") == "ExternalName";
        var i = 0;
        foreach (var port in service.Node.ItemsAt("spec", "ports"))
        {
            var at = AnalyzedMesh.At(service, $"spec.ports[{i++}]");
            var protocol = ProtocolOf(port);
            if (external)
            {
                if (protocol is Protocol.Unsupported or Protocol.Tcp)
                {
                    yield return ConfigProblem.Warning(
                        "IST0150",
                        "Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly",
                        at);
                }
            }
            else if (protocol.IsUnsupported())
            {
                yield return Findings.Info(
                    "IST0118",
                    $"Port name {port.TextAt("name")} (port: {port.NumberAt("port")}, targetPort: {TargetPort(port)}) doesn't follow the naming convention of Istio port.",
                    at);
            }
        }
    }

    private static Protocol ProtocolOf(ConfigNode port) => Protocols.OfKubernetesPort(
        port.NumberAt("port"), port.TextAt("name"), port.TextAt("protocol"), port.TextAt("appProtocol") is { Length: > 0 } named ? named : null);

    private static string TargetPort(ConfigNode port) => port.TextAt("targetPort") is { Length: > 0 } target ? target : "0";
}
