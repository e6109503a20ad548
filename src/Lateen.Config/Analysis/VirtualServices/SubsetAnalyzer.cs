using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0101: a VirtualService names a subset that no DestinationRule of the host has.</summary>
internal sealed class SubsetAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.DestinationRuleAnalyzer";

    public string Description => "Checks the destination rules associated with each virtual service";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var subsets = mesh.Of<DestinationRuleConfig>()
            .SelectMany(rule => rule.Subsets.Select(subset => (Host: HostName.Resolve(rule.Host, rule.Meta.Namespace, mesh.Domain), subset.Name)))
            .ToHashSet();
        foreach (var service in mesh.Of<VirtualServiceConfig>())
        {
            foreach (var (destination, path, isMirror) in RouteTargets.Of(service))
            {
                var host = HostName.Resolve(destination.Host, service.Meta.Namespace, mesh.Domain);
                if (destination.Subset.Length > 0 && !subsets.Any(known => known.Name == destination.Subset && HostName.IsSubsetOf(host, known.Host)))
                {
                    yield return Findings.NotFound(
                        mesh.At(service.Meta, isMirror ? path : $"{path}.host"),
                        isMirror ? "mirror+subset in destinationrule" : "host+subset in destinationrule",
                        $"{destination.Host}+{destination.Subset}");
                }
            }
        }
    }
}
