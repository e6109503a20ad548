using System.Globalization;
using Lateen.Model.Networking;
using Lateen.Model.Routing;

namespace Lateen.Model.KubernetesGateways;

/// <summary>A parent that a route names, and whether it takes the route.</summary>
/// <param name="InternalName">The Istio Gateway of one listener; `mesh` for a service.</param>
/// <param name="Denied">Why not; null when it does.</param>
public sealed record RouteAttachment(ParentReference Reference, string InternalName, GatewayFault? Denied)
{
    public bool IsMesh => InternalName == VirtualServiceIndex.MeshGateway;
}

/// <summary>What a route adds to the routes of one host at one gateway.</summary>
/// <param name="Place">The gateway; for sidecars namespace and port, where routes of one host are one list too.</param>
internal sealed record HttpContribution(string Place, string Gateway, string Host, EquatableArray<HttpRoute> Routes);

/// <summary>A route and what became of it.</summary>
/// <param name="GatewayFaults">What of its rules is not honoured at gateways, in their order.</param>
/// <param name="MeshFaults">The same for sidecars.</param>
public sealed record ConvertedRoute(
    KubernetesRoute Route, EquatableArray<RouteAttachment> Attachments, EquatableArray<GatewayFault> GatewayFaults, EquatableArray<GatewayFault> MeshFaults)
{
    internal EquatableArray<HttpContribution> Http { get; init; }

    /// <summary>The VirtualServices of a TCPRoute or TLSRoute: nothing of theirs is merged with those of others.</summary>
    internal EquatableArray<VirtualServiceConfig> Connections { get; init; }
}

/// <summary>Attaches a route to its parents and turns it into what they are to serve.</summary>
internal sealed class RouteConversion
{
    private readonly KubernetesRoute _route;
    private readonly GatewaySurroundings _around;
    private readonly EquatableArray<RouteAttachment> _attachments;
    private readonly RouteRules _gatewayRules;
    private readonly RouteRules _meshRules;

    private RouteConversion(KubernetesRoute route, Func<string, string, ConvertedGateway?> find, ReferenceGrants grants, GatewaySurroundings around)
    {
        (_route, _around) = (route, around);
        _attachments = RouteAttachments.Of(route, find);
        (_gatewayRules, _meshRules) = (new RouteRules(route, grants, around, isMesh: false), new RouteRules(route, grants, around, isMesh: true));
    }

    /// <param name="find">A Gateway (namespace, name) that is served; null for another.</param>
    public static ConvertedRoute Convert(KubernetesRoute route, Func<string, string, ConvertedGateway?> find, ReferenceGrants grants, GatewaySurroundings around)
    {
        var conversion = new RouteConversion(route, find, grants, around);
        var isHttp = route.Meta.Kind == KubernetesRoute.Http;
        var (http, connections) = (isHttp ? conversion.Http() : default, isHttp ? default : conversion.Connections());
        return new(route, conversion._attachments, conversion._gatewayRules.Faults, conversion._meshRules.Faults) { Http = http, Connections = connections };
    }

    private IEnumerable<RouteAttachment> Taken => _attachments.Where(attachment => attachment.Denied is null).OrderBy(a => a.InternalName, StringComparer.Ordinal);

    private bool Has(bool mesh) => _attachments.Any(attachment => attachment.IsMesh == mesh);

    private EquatableArray<string> Hostnames => _route.Hostnames.IsEmpty ? ["*"] : _route.Hostnames;

    private EquatableArray<HttpContribution> Http()
    {
        var atGateways = Has(mesh: false) ? _gatewayRules.Http() : [];
        var atSidecars = Has(mesh: true) ? _meshRules.Http() : [];
        var made = new List<HttpContribution>();
        foreach (var parent in Taken)
        {
            var routes = parent.IsMesh ? atSidecars : atGateways;
            var place = parent.IsMesh ? _route.Meta.Namespace : parent.InternalName;
            if (parent is { IsMesh: true, Reference.Port: { } port })
            {
                place = string.Create(CultureInfo.InvariantCulture, $"{place}/{port}");
                routes = routes.Select(route => route with
                {
                    Match = route.Match.IsEmpty ? [new HttpMatch { Port = port }] : route.Match.Select(match => match with { Port = port }).ToEquatableArray(),
                }).ToEquatableArray();
            }

            if (!routes.IsEmpty)
            {
                made.AddRange((parent.IsMesh ? MeshHosts(parent) : Hostnames).Select(host => new HttpContribution(place, parent.InternalName, host, routes)));
            }
        }

        return made.ToEquatableArray();
    }

    private EquatableArray<VirtualServiceConfig> Connections()
    {
        var atGateways = Has(mesh: false) ? _gatewayRules.Connections() : [];
        var atSidecars = Has(mesh: true) ? _meshRules.Connections() : [];
        var made = new List<VirtualServiceConfig>();
        foreach (var parent in Taken)
        {
            var rules = parent.IsMesh ? atSidecars : atGateways;
            if (rules.IsEmpty)
            {
                continue;
            }

            if (_route.Meta.Kind == KubernetesRoute.Tcp)
            {
                // Istio gives the first one no number.
                var number = made.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{made.Count}");
                var config = VirtualService($"{_route.Meta.Name}-tcp{number}-{GatewayNames.Suffix}", parent, parent.IsMesh ? MeshHosts(parent) : ["*"]);
                made.Add(config with { Tcp = TcpRules(parent, rules) });
                continue;
            }

            foreach (var host in parent.IsMesh ? MeshHosts(parent) : Hostnames)
            {
                var config = VirtualService(string.Create(CultureInfo.InvariantCulture, $"{_route.Meta.Name}-tls-{made.Count}-{GatewayNames.Suffix}"), parent, [host]);

                // Without names a sidecar has nothing to look at.
                made.Add(parent.IsMesh && _route.Hostnames.IsEmpty ? config with { Tcp = TcpRules(parent, rules) } : config with
                {
                    Tls = rules.Select(rule => new TlsRoute([new TlsMatch { SniHosts = Hostnames, Port = parent.IsMesh ? parent.Reference.Port ?? 0 : 0 }], rule)).ToEquatableArray(),
                });
            }
        }

        return made.ToEquatableArray();
    }

    private static EquatableArray<TcpRoute> TcpRules(RouteAttachment parent, EquatableArray<EquatableArray<RouteDestination>> rules)
    {
        EquatableArray<L4Match> match = parent is { IsMesh: true, Reference.Port: { } port } ? [new L4Match { Port = port }] : [];
        return rules.Select(rule => new TcpRoute(match, rule)).ToEquatableArray();
    }

    private VirtualServiceConfig VirtualService(string name, RouteAttachment parent, EquatableArray<string> hosts) => new()
    {
        Meta = GatewayNames.RouteMeta(_route.Meta, name, GatewayNames.ParentOf(_route.Meta)),
        Hosts = hosts,
        Gateways = [parent.InternalName],
    };

    private EquatableArray<string> MeshHosts(RouteAttachment parent)
    {
        var ns = parent.Reference.Namespace ?? _route.Meta.Namespace;
        return parent.Reference.Kind == RouteAttachments.ServiceEntry ? _around.EntryHosts(ns, parent.Reference.Name) : [$"{parent.Reference.Name}.{ns}.svc.{_around.Domain}"];
    }
}
