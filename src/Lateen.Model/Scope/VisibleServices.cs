using Lateen.Model.Services;

namespace Lateen.Model.Scope;

/// <summary>The services that are exported to a namespace, and what they are to a proxy there that no Sidecar resource restricts.</summary>
internal sealed class VisibleServices
{
    public VisibleServices(EquatableArray<Service> oldestFirst)
    {
        All = oldestFirst;
        Merged = OnePerKey(oldestFirst);
        ByHost = OnePerHost(Merged);
    }

    /// <summary>As the objects tell them, the oldest first.</summary>
    public EquatableArray<Service> All { get; }

    /// <summary>Those of one host, namespace and address as one.</summary>
    public EquatableArray<Service> Merged { get; }

    /// <summary>One service per host: what a host name in a route stands for.</summary>
    public IReadOnlyDictionary<string, Service> ByHost { get; }

    /// <summary>Of several services of one host, Kubernetes' own wins, else the oldest.</summary>
    public static IReadOnlyDictionary<string, Service> OnePerHost(EquatableArray<Service> oldestFirst)
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

        return byHost;
    }

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
}
