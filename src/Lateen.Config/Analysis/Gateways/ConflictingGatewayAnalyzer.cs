using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Gateways;

/// <summary>IST0145: Gateways of the same pods claim one host on one port. IST0101: a Gateway has no server at all.</summary>
internal sealed class ConflictingGatewayAnalyzer : IAnalyzer
{
    public string Name => "gateway.ConflictingGatewayAnalyzer";

    public string Description => "Checks a gateway's selector, port number and hosts";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var all = mesh.Of<GatewayConfig>().ToList();
        var served = all.Where(gateway => !gateway.Servers.IsEmpty).Select(gateway => gateway.Selector).ToHashSet();
        foreach (var gateway in all)
        {
            if (!gateway.Selector.IsEmpty && !served.Any(selector => LabelsMatch.IsSubset(gateway.Selector, selector)))
            {
                yield return GatewayPods.NotFound(mesh, gateway);
                continue;
            }

            for (var i = 0; i < gateway.Servers.Count; i++)
            {
                var server = gateway.Servers[i];
                var conflicting = all.Where(other => other != gateway && other.Selector.Equals(gateway.Selector) && Claims(other, server)).ToList();
                if (conflicting.Count > 0)
                {
                    yield return ConfigProblem.Error(
                        "IST0145",
                        $"Conflict with gateways {string.Join(',', conflicting.Select(other => $"{other.Meta.Namespace}/{other.Meta.Name}"))} "
                        + $"(workload selector {GoText.Selector(gateway.Selector)}, port {server.Port.Number}, hosts {string.Join(',', server.Hosts)}).",
                        mesh.At(gateway.Meta, $"spec.servers[{i}].hosts"));
                }
            }
        }
    }

    private static bool Claims(GatewayConfig other, GatewayServer server) => other.Servers.Any(theirs =>
        theirs.Port.Number == server.Port.Number && theirs.Hosts.Any(host => server.Hosts.Any(ours => HostName.Matches(ours, host))));
}
