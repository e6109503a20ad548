using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0109: two VirtualServices for sidecars have the same host and can both be seen from one namespace; one of them is not used.</summary>
internal sealed class ConflictingMeshHostsAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.ConflictingMeshGatewayHostsAnalyzer";

    public string Description => "Checks if multiple virtual services associated with the mesh gateway have conflicting hosts";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var byHost = new Dictionary<string, List<VirtualServiceConfig>>();
        foreach (var service in mesh.Of<VirtualServiceConfig>())
        {
            if (!service.Gateways.IsEmpty && !service.Gateways.Contains("mesh"))
            {
                continue;
            }

            foreach (var host in service.Hosts.Distinct())
            {
                var name = HostName.Resolve(host, service.Meta.Namespace, mesh.Domain);
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
                var names = conflicts.SelectMany(entry => entry.Value).Where(other => other == service || Meet(service, other)).Distinct()
                    .Select(other => $"{other.Meta.Namespace}/{other.Meta.Name}");
                yield return ConfigProblem.Error(
                    "IST0109",
                    $"The VirtualServices {string.Join(',', names)} associated with mesh gateway define the same host {string.Join(',', conflicts.Select(entry => entry.Key))} "
                    + "which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.",
                    mesh.At(service.Meta, "spec.hosts"));
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
