using Lateen.Model.KubernetesGateways;
using Lateen.Model.Networking;

namespace Lateen.Model.Routing;

/// <summary>Turns the short names of a VirtualService into full ones: hosts, gateways and destinations.</summary>
internal static class ShortNames
{
    public static VirtualServiceConfig Resolve(VirtualServiceConfig config, string domain)
    {
        var ns = config.Meta.Namespace;
        return config with
        {
            ExportTo = GatewayNames.IsOfConsumer(config) ? [Visibility.Private] : config.ExportTo,
            Hosts = Map(config.Hosts, host => HostName.Resolve(host, ns, domain)),
            Gateways = config.Gateways.IsEmpty ? [VirtualServiceIndex.MeshGateway] : Map(config.Gateways, g => Gateway(g, ns)),
            Http = Map(config.Http, route => Resolve(route, ns, domain)),
            Tcp = Map(config.Tcp, route => route with
            {
                Match = Map(route.Match, m => m with { Gateways = Map(m.Gateways, g => Gateway(g, ns)) }),
                Route = Map(route.Route, r => r with { Destination = Resolve(r.Destination, ns, domain) }),
            }),
            Tls = Map(config.Tls, route => route with
            {
                Match = Map(route.Match, m => m with { Gateways = Map(m.Gateways, g => Gateway(g, ns)) }),
                Route = Map(route.Route, r => r with { Destination = Resolve(r.Destination, ns, domain) }),
            }),
        };
    }

    /// <summary>`name` is a gateway of the own namespace; `mesh` stays.</summary>
    public static string Gateway(string name, string @namespace)
    {
        if (name == VirtualServiceIndex.MeshGateway || name.Contains('/', StringComparison.Ordinal))
        {
            // `./name` is the own namespace too.
            return name.StartsWith("./", StringComparison.Ordinal) ? $"{@namespace}/{name[2..]}" : name;
        }

        // The deprecated form `name.namespace.svc.domain`.
        var parts = name.Split('.');
        return parts.Length > 1 ? $"{parts[1]}/{parts[0]}" : $"{@namespace}/{name}";
    }

    private static HttpRoute Resolve(HttpRoute route, string ns, string domain) => route with
    {
        Match = Map(route.Match, m => m with { Gateways = Map(m.Gateways, g => Gateway(g, ns)) }),
        Route = Map(route.Route, r => r with { Destination = Resolve(r.Destination, ns, domain) }),
        Mirror = route.Mirror is null ? null : Resolve(route.Mirror, ns, domain),
        Mirrors = Map(route.Mirrors, m => m with { Destination = Resolve(m.Destination, ns, domain) }),
    };

    private static Destination Resolve(Destination destination, string ns, string domain) =>
        destination with { Host = HostName.Resolve(destination.Host, ns, domain) };

    private static EquatableArray<T> Map<T>(EquatableArray<T> items, Func<T, T> map) =>
        items.Select(map).ToEquatableArray();
}
