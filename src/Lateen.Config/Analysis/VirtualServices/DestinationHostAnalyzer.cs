using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0101: a route's host, or its port, does not exist. IST0112: the port must be named. IST0140: a subset that a gateway's routes pass by.</summary>
internal sealed class DestinationHostAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.DestinationHostAnalyzer";

    public string Description => "Checks the destination hosts associated with each virtual service";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var services = Services(mesh).ToList();
        var all = mesh.Of<VirtualServiceConfig>().ToList();
        return all.SelectMany(service => Hosts(mesh, service, services)).Concat(all.SelectMany(service => PassedBy(mesh, service, all)));
    }

    private static IEnumerable<ConfigProblem> Hosts(AnalyzedMesh mesh, VirtualServiceConfig service, List<KnownHost> hosts)
    {
        foreach (var (destination, path, isMirror) in RouteTargets.Of(service))
        {
            if (destination.Host.Length == 0)
            {
                continue;
            }

            var at = mesh.At(service.Meta, $"{path}.host");
            var name = HostName.Resolve(destination.Host, service.Meta.Namespace, mesh.Domain);
            var known = hosts.FirstOrDefault(host => host.IsSeenFrom(service.Meta.Namespace) && HostName.IsSubsetOf(name, host.Name));
            if (known is null)
            {
                yield return Findings.NotFound(at, isMirror ? "mirror host" : "host", destination.Host);
            }
            else if (destination.Port is { } port && !known.Ports.Contains(port))
            {
                yield return Findings.NotFound(at, "host:port", $"{destination.Host}:{port}");
            }
            else if (destination.Port is null && known.Ports.Count > 1)
            {
                yield return ConfigProblem.Error(
                    "IST0112",
                    $"This VirtualService routes to a service {GoText.Quoted(destination.Host)} that exposes multiple ports {GoText.List(known.Ports)}. "
                    + "Specifying a port in the destination is required to disambiguate.",
                    at);
            }
        }
    }

    // Another VirtualService splits the host by subset; requests through this one's gateway do not see that.
    private static IEnumerable<ConfigProblem> PassedBy(AnalyzedMesh mesh, VirtualServiceConfig service, List<VirtualServiceConfig> all)
    {
        if (service.Gateways.IsEmpty)
        {
            yield break;
        }

        for (var i = 0; i < service.Http.Count; i++)
        {
            for (var j = 0; j < service.Http[i].Route.Count; j++)
            {
                var destination = service.Http[i].Route[j].Destination;
                foreach (var other in destination.Subset.Length == 0 ? all.Where(other => Splits(other, destination.Host)) : [])
                {
                    yield return ConfigProblem.Warning(
                        "IST0140",
                        $"Subset in virtual service {other.Meta.Namespace}/{other.Meta.Name} has no effect on ingress gateway {service.Meta.Namespace}/{service.Meta.Name} requests",
                        mesh.At(service.Meta, $"spec.http[{i}].route[{j}].destination.host"));
                }
            }
        }
    }

    private static bool Splits(VirtualServiceConfig other, string host) => other.Hosts.Contains(host)
        && other.Http.Any(http => http.Route.Any(route => route.Destination.Host == host && route.Destination.Subset.Length > 0));

    private static IEnumerable<KnownHost> Services(AnalyzedMesh mesh)
    {
        foreach (var service in mesh.OfKind("Service"))
        {
            yield return new KnownHost(
                $"{service.Resource.Name}.{service.Resource.Namespace}.svc.{mesh.Domain}",
                service.Resource.Namespace,
                ["*"],
                [.. service.Node.ItemsAt("spec", "ports").Select(port => port.NumberAt("port"))]);
        }

        foreach (var entry in mesh.Of<ServiceEntryConfig>())
        {
            foreach (var host in entry.Hosts)
            {
                yield return new KnownHost(
                    HostName.Resolve(host, entry.Meta.Namespace, mesh.Domain), entry.Meta.Namespace, entry.ExportTo, [.. entry.Ports.Select(port => port.Number)]);
            }
        }
    }

    private sealed record KnownHost(string Name, string Namespace, EquatableArray<string> ExportTo, EquatableArray<int> Ports)
    {
        public bool IsSeenFrom(string ns) => Visibility.IsVisible(ExportTo, ["*"], Namespace, ns);
    }
}
