using System.Collections.Frozen;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Model.Scope;

/// <summary>Builds what a namespace's proxies see.</summary>
internal static class SidecarScopeBuilder
{
    public static SidecarScope Build(MeshIndex index, string @namespace, SidecarConfig? sidecar)
    {
        var visible = index.Services.Where(s => index.IsVisible(s, @namespace)).ToEquatableArray();
        var routes = index.VirtualServices.For(@namespace, VirtualServiceIndex.MeshGateway);
        if (sidecar is null || (sidecar.Egress.IsEmpty && sidecar.Ingress.IsEmpty && sidecar.OutboundTrafficPolicy is null))
        {
            var merged = OnePerKey(visible);
            return new(
                @namespace,
                sidecar,
                [new EgressScope(null, merged, routes)],
                merged,
                OnePerHost(merged),
                sidecar?.OutboundTrafficPolicy ?? index.Inputs.Mesh.OutboundTrafficPolicy);
        }

        var egress = new List<EgressScope>();
        EquatableArray<SidecarEgress> entries = sidecar.Egress.IsEmpty ? [new SidecarEgress { Hosts = ["*/*"] }] : sidecar.Egress;
        foreach (var entry in entries)
        {
            var imports = new HostImports(entry.Hosts, @namespace);
            egress.Add(new EgressScope(
                entry,
                SelectServices(visible, imports, entry, @namespace),
                SelectVirtualServices(routes, imports)));
        }

        var services = WithRouteDestinations(index, egress, @namespace);
        return new(
            @namespace,
            sidecar,
            egress.ToEquatableArray(),
            services,
            OnePerHost(services),
            sidecar.OutboundTrafficPolicy ?? index.Inputs.Mesh.OutboundTrafficPolicy);
    }

    /// <summary>Of several services of one host, Kubernetes' own wins, else the oldest.</summary>
    private static FrozenDictionary<string, Service> OnePerHost(EquatableArray<Service> oldestFirst)
    {
        var byHost = new Dictionary<string, Service>();
        foreach (var service in oldestFirst)
        {
            if (!byHost.TryGetValue(service.Hostname, out var existing)
                || (existing.Registry != Registry.Kubernetes && service.Registry == Registry.Kubernetes))
            {
                byHost[service.Hostname] = service;
            }
        }

        return byHost.ToFrozenDictionary();
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

    /// <summary>Several entries for one host of one namespace are one service with all of their ports.</summary>
    private static EquatableArray<Service> OnePerKey(EquatableArray<Service> visible)
    {
        var services = new List<Service>(visible.Count);
        var positions = new Dictionary<(ServiceKey Key, string Address), int>(visible.Count);
        foreach (var service in visible)
        {
            // A ServiceEntry with several addresses is a service at each of them.
            if (positions.TryAdd((service.Key, service.Address), services.Count))
            {
                services.Add(service);
                continue;
            }

            var at = positions[(service.Key, service.Address)];
            var existing = services[at];
            services[at] = existing with { Ports = [.. existing.Ports, .. service.Ports.Where(p => existing.FindPort(p.Number) is null)] };
        }

        return services.Count == visible.Count ? visible : services.ToEquatableArray();
    }

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
            Merge(index, services, positions, service);
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
                    Merge(index, services, positions, restricted);
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

    private static void Merge(MeshIndex index, List<Service> services, Dictionary<ServiceKey, int> positions, Service service)
    {
        if (!positions.TryGetValue(service.Key, out var at))
        {
            positions[service.Key] = services.Count;
            services.Add(service);
            return;
        }

        // Several entries import different ports of one service: it has all of them, in its own order whoever came first.
        var existing = services[at];
        if (service.Ports.Any(port => existing.FindPort(port.Number) is null))
        {
            var whole = index.ServicesOf(service.Hostname).First(candidate => candidate.Key == service.Key);
            services[at] = existing with
            {
                Ports = whole.Ports.Where(port => existing.FindPort(port.Number) is not null || service.FindPort(port.Number) is not null).ToEquatableArray(),
            };
        }
    }
}
