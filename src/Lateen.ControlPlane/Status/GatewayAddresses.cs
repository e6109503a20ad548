using System.Globalization;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;
using Lateen.Model.Services;

namespace Lateen.ControlPlane.Status;

/// <summary>Where a Gateway is served.</summary>
/// <param name="Internal">`host:port` of its Services that have endpoints.</param>
/// <param name="External">Addresses outside of the cluster.</param>
/// <param name="Warnings">What is wanted and not there.</param>
/// <param name="IsMissing">A Service is not there.</param>
internal sealed record GatewayPlace(IReadOnlyList<string> Internal, IReadOnlyList<string> External, IReadOnlyList<string> Warnings, bool IsMissing);

/// <summary>Finds the Services of a Gateway.</summary>
internal static class GatewayAddresses
{
    public static GatewayPlace Resolve(ConvertedGateway gateway, MeshSnapshot mesh)
    {
        var (inside, outside, warnings) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        var ports = gateway.Listeners.Where(listener => listener.Config is not null).Select(listener => listener.Listener.Port).Distinct().ToList();
        var ns = gateway.Gateway.Meta.Namespace;
        var isMissing = false;
        foreach (var host in gateway.Services)
        {
            var found = mesh.Index.ServicesOf(host);
            if (found.FirstOrDefault(service => service.Namespace == ns) is not { } service)
            {
                isMissing = true;
                var others = string.Join(", ", found.Select(other => $"\"{other.Namespace}\"").Order(StringComparer.Ordinal));
                warnings.Add(others.Length == 0 ? $"hostname \"{host}\" not found" : $"hostname \"{host}\" not found in namespace \"{ns}\", but it was found in namespace(s) {others}");
                continue;
            }

            foreach (var port in ports)
            {
                if (service.FindPort(port) is not { } known || !mesh.EndpointsOf(service, known).Any())
                {
                    warnings.Add(Problem(service, port, mesh));
                    continue;
                }

                inside.Add(string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"));
                outside.UnionWith(service.ExternalAddresses.Values.SelectMany(addresses => (IEnumerable<string>)addresses));
                if (service.ExternalAddresses.Values.All(addresses => addresses.IsEmpty) && service.Type == "LoadBalancer")
                {
                    warnings.Add($"address pending for hostname \"{host}\"");
                }
            }
        }

        return new([.. inside], [.. outside], [.. warnings], isMissing);
    }

    private static string Problem(Service service, int port, MeshSnapshot mesh)
    {
        var endpoints = mesh.EndpointsOf(service.Key).Endpoints;
        if (endpoints.IsEmpty)
        {
            return $"no instances found for hostname \"{service.Hostname}\"";
        }

        var meant = service.Ports.Where(known => mesh.EndpointsOf(service, known).Any(endpoint => endpoint.Port == port)).Select(known => known.Number).Order().ToList();
        var text = string.Create(CultureInfo.InvariantCulture, $"port {port} not found for hostname \"{service.Hostname}\"");
        return meant.Count == 0 ? text
            : $"{text} (hint: the service port should be specified, not the workload port. Did you mean one of these ports: [{string.Join(' ', meant)}]?)";
    }
}
