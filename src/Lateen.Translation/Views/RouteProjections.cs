using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Views;

/// <summary>What of a VirtualService each type of resource is made from.</summary>
internal static class RouteProjections
{
    /// <summary>Routes of HTTP: route configurations.</summary>
    public static VirtualServiceConfig? Http(VirtualServiceConfig config) =>
        config.Http.IsEmpty ? null : config with { Tcp = default, Tls = default };

    /// <summary>Routes of connections: listeners.</summary>
    public static VirtualServiceConfig? Connections(VirtualServiceConfig config) =>
        config.Tcp.IsEmpty && config.Tls.IsEmpty ? null : config with { Http = default, Meta = Identity(config.Meta) };

    /// <summary>Only where routes lead: clusters and endpoints of a Sidecar resource's scope.</summary>
    public static VirtualServiceConfig Destinations(VirtualServiceConfig config) => config with
    {
        Meta = Identity(config.Meta),
        Http = config.Http.Select(route => new HttpRoute
        {
            Route = route.Route.Select(target => new HttpRouteDestination(target.Destination)).ToEquatableArray(),
            Mirror = route.Mirror,
            Mirrors = route.Mirrors.Select(mirror => new HttpMirror(mirror.Destination)).ToEquatableArray(),
        }).ToEquatableArray(),
        Tcp = config.Tcp.Select(route => new TcpRoute(default, route.Route)).ToEquatableArray(),
        Tls = config.Tls.Select(route => new TlsRoute(default, route.Route)).ToEquatableArray(),
    };

    // Versions change with the object; a part of it that did not change must stay equal.
    private static ConfigMeta Identity(ConfigMeta meta) => meta with { ResourceVersion = "", Generation = 0 };
}
