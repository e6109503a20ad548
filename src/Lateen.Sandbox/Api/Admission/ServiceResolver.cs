using System.Globalization;
using System.Net;
using System.Text.Json;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Finds a ready pod address behind a port of a Service.</summary>
internal sealed class ServiceResolver(ObjectStore store, Random random)
{
    /// <exception cref="IOException">The Service, its port or a ready endpoint is missing; the message says which.</exception>
    public IPEndPoint Resolve(string ns, string name, int port)
    {
        var service = store.Get(new ObjectKey("services", ns, name)) ?? throw new IOException($"service \"{name}\" not found");
        var entry = service.Root.Items("spec", "ports").FirstOrDefault(p => p.Number("port") == port);
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw new IOException($"service \"{name}\" has no port {port}");
        }

        var ready = Slices(ns, name, entry.Text("name") ?? "").Concat(Endpoints(ns, name, entry.Text("name") ?? "")).ToList();
        return ready.Count > 0 ? ready[random.Next(ready.Count)] : throw new IOException($"no endpoints available for service \"{name}\"");
    }

    private IEnumerable<IPEndPoint> Slices(string ns, string service, string portName) =>
        from slice in store.List("endpointslices.discovery.k8s.io", ns).Items
        where slice.Root.Text("metadata", "labels", "kubernetes.io/service-name") == service
        from port in slice.Root.Items("ports")
        where (port.Text("name") ?? "") == portName
        from endpoint in slice.Root.Items("endpoints")
        where endpoint.At("conditions", "ready").ValueKind != JsonValueKind.False
        from address in endpoint.Items("addresses")
        select Parse(address.GetString(), port.Number("port"));

    private IEnumerable<IPEndPoint> Endpoints(string ns, string service, string portName) =>
        from subset in store.Get(new ObjectKey("endpoints", ns, service))?.Root.Items("subsets") ?? []
        from port in subset.Items("ports")
        where (port.Text("name") ?? "") == portName
        from address in subset.Items("addresses")
        select Parse(address.Text("ip"), port.Number("port"));

    private static IPEndPoint Parse(string? address, long? port) =>
        IPEndPoint.TryParse(string.Create(CultureInfo.InvariantCulture, $"{address}:{port}"), out var endpoint)
            ? endpoint
            : throw new IOException($"endpoint {address}:{port} is no address");
}
