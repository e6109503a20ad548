using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0101: a VirtualService names a Gateway that does not exist. IST0132: a Gateway serves none of its hosts.</summary>
internal sealed class GatewayReferenceAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.GatewayAnalyzer";

    public string Description => "Checks the gateways associated with each virtual service";

    /// <summary>The Gateways by namespace and name.</summary>
    public static Dictionary<(string Namespace, string Name), GatewayConfig> ByName(AnalyzedMesh mesh) =>
        mesh.Of<GatewayConfig>().ToDictionary(gateway => (gateway.Meta.Namespace, gateway.Meta.Name));

    /// <summary>The Gateway that a VirtualService of the namespace means by `name`, `namespace/name` or `./name`.</summary>
    public static (string Namespace, string Name) Resolve(string gateway, string ns)
    {
        var slash = gateway.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (ns, gateway) : (gateway[..slash] is "." ? ns : gateway[..slash], gateway[(slash + 1)..]);
    }

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var gateways = ByName(mesh);
        return mesh.Of<VirtualServiceConfig>().SelectMany(service => Analyze(mesh, service, gateways));
    }

    private static IEnumerable<ConfigProblem> Analyze(
        AnalyzedMesh mesh, VirtualServiceConfig service, Dictionary<(string Namespace, string Name), GatewayConfig> gateways)
    {
        for (var i = 0; i < service.Gateways.Count; i++)
        {
            if (service.Gateways[i] == "mesh")
            {
                continue;
            }

            if (!gateways.TryGetValue(Resolve(service.Gateways[i], service.Meta.Namespace), out var gateway))
            {
                yield return Findings.NotFound(mesh.At(service.Meta, $"spec.gateways[{i}]"), "gateway", service.Gateways[i]);
            }

            if (gateway is null || !service.Hosts.Any(host => Serves(gateway, host, service.Meta.Namespace)))
            {
                yield return ConfigProblem.Warning(
                    "IST0132",
                    $"one or more host {GoText.List(service.Hosts)} defined in VirtualService {service.Meta.Namespace}/{service.Meta.Name} not found in Gateway {service.Gateways[i]}.",
                    mesh.At(service.Meta, "spec.hosts"));
            }
        }
    }

    private static bool Serves(GatewayConfig gateway, string host, string ns)
    {
        foreach (var server in gateway.Servers)
        {
            foreach (var written in server.Hosts)
            {
                var slash = written.IndexOf('/', StringComparison.Ordinal);
                var scope = slash < 0 ? "*" : written[..slash];
                var visible = scope == "*" || scope == ns || (scope == "." && gateway.Meta.Namespace == ns);
                if (visible && HostName.Matches(written[(slash + 1)..], host))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
