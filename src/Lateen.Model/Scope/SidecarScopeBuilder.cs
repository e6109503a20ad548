using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Model.Scope;

/// <summary>Builds what a namespace's proxies see.</summary>
internal static class SidecarScopeBuilder
{
    public static SidecarScope Build(MeshIndex index, string @namespace, SidecarConfig? sidecar)
    {
        var visible = index.ServiceTable.VisibleIn(@namespace, index.Inputs.Mesh.DefaultServiceExportTo);
        var routes = index.VirtualServices.For(@namespace, VirtualServiceIndex.MeshGateway);
        if (sidecar is null || (sidecar.Egress.IsEmpty && sidecar.Ingress.IsEmpty && sidecar.OutboundTrafficPolicy is null))
        {
            return new(
                @namespace,
                sidecar,
                [new EgressScope(null, visible.Merged, routes)],
                visible.Merged,
                visible.ByHost,
                sidecar?.OutboundTrafficPolicy ?? index.Inputs.Mesh.OutboundTrafficPolicy);
        }

        var egress = new List<EgressScope>();
        EquatableArray<SidecarEgress> entries = sidecar.Egress.IsEmpty ? [new SidecarEgress { Hosts = ["*/*"] }] : sidecar.Egress;
        foreach (var entry in entries)
        {
            var imports = new HostImports(entry.Hosts, @namespace);
            egress.Add(new EgressScope(
                entry,
                SelectServices(visible.All, imports, entry, @namespace),
                SelectVirtualServices(routes, imports)));
        }

        var services = WithRouteDestinations(index, egress, @namespace);
        return new(
            @namespace,
            sidecar,
            egress.ToEquatableArray(),
            services,
            VisibleServices.OnePerHost(services),
            sidecar.OutboundTrafficPolicy ?? index.Inputs.Mesh.OutboundTrafficPolicy);
    }

    internal static EquatableArray<Service> SelectServices(
        EquatableArray<Service> visible, HostImports imports, SidecarEgress entry, string @namespace)
    {
        var restrictTo = PortOf(entry);
        var imported = new List<Service>();
        var chosenNamespace = new Dictionary<string, (string Namespace, Registry Registry)>();
        foreach (var service in visible)
        {
            if (!imports.Includes(service) || WithPort(service, restrictTo) is not { } restricted)
            {
                continue;
            }

            imported.Add(restricted);

            // One namespace per host: the proxy's own, then Kubernetes' own, else the oldest.
            if (!chosenNamespace.TryGetValue(service.Hostname, out var chosen)
                || service.Namespace == @namespace
                || (chosen.Namespace != @namespace && chosen.Registry != Registry.Kubernetes && service.Registry == Registry.Kubernetes))
            {
                chosenNamespace[service.Hostname] = (service.Namespace, service.Registry);
            }
        }

        return imported.Where(s => chosenNamespace[s.Hostname].Namespace == s.Namespace).ToEquatableArray();
    }

    /// <summary>The only port that a listener serves; 0 = all.</summary>
    private static int PortOf(SidecarEgress? entry) =>
        entry?.Port is { Number: not 0 } port && !entry.Bind.StartsWith("unix", StringComparison.Ordinal)
        && Protocols.Parse(port.Protocol) != Protocol.HttpProxy
            ? port.Number
            : 0;

    private static Service? WithPort(Service service, int number)
    {
        if (number == 0)
        {
            return service;
        }

        return service.FindPort(number) is { } port
            ? service.Ports.Count == 1 ? service : service with { Ports = [port] }
            : null;
    }

    private static EquatableArray<VirtualServiceConfig> SelectVirtualServices(
        EquatableArray<VirtualServiceConfig> routes, HostImports imports) =>
        routes.Where(imports.Includes).ToEquatableArray();

    /// <summary>Adds services that imported routes lead to and that were not imported themselves: they need clusters.</summary>
    private static EquatableArray<Service> WithRouteDestinations(MeshIndex index, List<EgressScope> egress, string @namespace)
    {
        var services = new List<Service>();
        var positions = new Dictionary<ServiceKey, int>();
        foreach (var service in egress.SelectMany(e => (IEnumerable<Service>)e.Services))
        {
            Merge(index, @namespace, services, positions, service);
        }

        foreach (var (route, listener) in egress.SelectMany(e => e.VirtualServices.Select(v => (v, e.Listener))))
        {
            foreach (var (host, ports) in RouteDestinations.Of(route))
            {
                var candidates = index.ServicesOf(host).Where(s => index.IsVisible(s, @namespace)).ToList();
                var chosen = candidates.Find(s => s.Namespace == @namespace)
                    ?? services.Find(s => s.Hostname == host)
                    ?? candidates.OrderBy(s => s.Namespace, StringComparer.Ordinal).FirstOrDefault();
                if (chosen is not null && WithPorts(chosen, ports) is { } narrowed && WithPort(narrowed, PortOf(listener)) is { } restricted)
                {
                    Merge(index, @namespace, services, positions, restricted);
                }
            }
        }

        return services.ToEquatableArray();
    }

    private static Service? WithPorts(Service service, IReadOnlySet<int> ports)
    {
        if (ports.Contains(0))
        {
            return service;
        }

        var matching = service.Ports.Where(p => ports.Contains(p.Number)).ToEquatableArray();
        return matching.IsEmpty ? null : service with { Ports = matching };
    }

    private static void Merge(MeshIndex index, string @namespace, List<Service> services, Dictionary<ServiceKey, int> positions, Service service)
    {
        if (!positions.TryGetValue(service.Key, out var at))
        {
            positions[service.Key] = services.Count;
            services.Add(service);
            return;
        }

        // Several entries import different ports of one service: it has all of them, in its own order whoever came first. Several objects may
        // make one service; those that are not exported here have no part in it.
        var existing = services[at];
        if (service.Ports.Any(port => existing.FindPort(port.Number) is null))
        {
            services[at] = existing with
            {
                Ports = index.ServicesOf(service.Hostname)
                    .Where(candidate => candidate.Key == service.Key && index.IsVisible(candidate, @namespace))
                    .SelectMany(candidate => (IEnumerable<ServicePort>)candidate.Ports)
                    .Where(port => existing.FindPort(port.Number) is not null || service.FindPort(port.Number) is not null)
                    .DistinctBy(port => port.Number)
                    .ToEquatableArray(),
            };
        }
    }
}
