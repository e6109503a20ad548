using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0101: a VirtualService names a Gateway that does not exist. IST0132: a Gateway serves none of its hosts.</summary>
internal sealed class GatewayReferenceAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.GatewayAnalyzer";

    public IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh)
    {
        var gateways = Analyzers.Of<GatewayConfig>(mesh).ToDictionary(gateway => (gateway.Meta.Namespace, gateway.Meta.Name));
        return Analyzers.Of<VirtualServiceConfig>(mesh).SelectMany(service => Analyze(service, gateways));
    }

    private static IEnumerable<ConfigProblem> Analyze(
        VirtualServiceConfig service, Dictionary<(string Namespace, string Name), GatewayConfig> gateways)
    {
        for (var i = 0; i < service.Gateways.Count; i++)
        {
            if (service.Gateways[i] == "mesh")
            {
                continue;
            }

            var key = Resolve(service.Gateways[i], service.Meta.Namespace);
            if (!gateways.TryGetValue(key, out var gateway))
            {
                yield return ConfigProblem.Error(
                    "IST0101",
                    $"there is no Gateway {key.Namespace}/{key.Name}",
                    Analyzers.At(service.Meta, $"spec.gateways[{i}]"),
                    "create it, or correct the name");
            }

            if (gateway is null || !service.Hosts.Any(host => Serves(gateway, host, service.Meta.Namespace)))
            {
                yield return ConfigProblem.Warning(
                    "IST0132",
                    $"no server of Gateway {key.Namespace}/{key.Name} has one of the hosts {string.Join(", ", service.Hosts)}",
                    Analyzers.At(service.Meta, "spec.hosts"),
                    "add the hosts to a server of the Gateway, or correct them");
            }
        }
    }

    private static (string Namespace, string Name) Resolve(string gateway, string ns)
    {
        var slash = gateway.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (ns, gateway) : (gateway[..slash] is "." ? ns : gateway[..slash], gateway[(slash + 1)..]);
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
