using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0109: two VirtualServices for sidecars have the same host and can both be seen from one namespace; one of them is not used.</summary>
internal sealed class ConflictingMeshHostsAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.ConflictingMeshGatewayHostsAnalyzer";

    public IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh)
    {
        var byHost = new Dictionary<string, List<VirtualServiceConfig>>();
        foreach (var service in Analyzers.Of<VirtualServiceConfig>(mesh))
        {
            if (!service.Gateways.IsEmpty && !service.Gateways.Contains("mesh"))
            {
                continue;
            }

            foreach (var host in service.Hosts)
            {
                var name = HostName.Resolve(host, service.Meta.Namespace, mesh.Index.Inputs.Domain);
                (byHost.TryGetValue(name, out var services) ? services : byHost[name] = []).Add(service);
            }
        }

        // One message for each VirtualService, however many of its hosts are claimed twice.
        foreach (var service in byHost.Values.SelectMany(services => services).Distinct())
        {
            var conflicts = byHost
                .Where(entry => entry.Value.Contains(service) && entry.Value.Any(other => other != service && Meet(service, other)))
                .ToList();
            if (conflicts.Count > 0)
            {
                var others = conflicts.SelectMany(entry => entry.Value).Where(other => other != service && Meet(service, other)).Distinct();
                yield return ConfigProblem.Error(
                    "IST0109",
                    $"hosts {string.Join(", ", conflicts.Select(entry => entry.Key))} are also those of "
                    + $"{string.Join(", ", others.Select(other => $"{other.Meta.Namespace}/{other.Meta.Name}"))}; the oldest is used",
                    Analyzers.At(service.Meta, "spec.hosts"),
                    "merge them into one VirtualService, or limit exportTo");
            }
        }
    }

    private static bool Meet(VirtualServiceConfig a, VirtualServiceConfig b)
    {
        var (seenOfA, seenOfB) = (Namespaces(a), Namespaces(b));
        return seenOfA is null || seenOfB is null || seenOfA.Overlaps(seenOfB);
    }

    // Null: every namespace.
    private static HashSet<string>? Namespaces(VirtualServiceConfig service) =>
        service.ExportTo.IsEmpty || service.ExportTo.Contains("*")
            ? null
            : [.. service.ExportTo.Select(ns => ns == "." ? service.Meta.Namespace : ns)];
}
