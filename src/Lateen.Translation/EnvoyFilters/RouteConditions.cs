using System.Globalization;
using Envoy.Config.Route.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>The conditions of a patch on route configurations and what is in them.</summary>
internal static class RouteConditions
{
    /// <param name="servedPorts">On gateways the ports that clients know by the workload's port; a port that is missing is itself.</param>
    public static bool Matches(
        EnvoyPatch patch, EnvoyFilterContext part, RouteConfiguration configuration, IReadOnlyDictionary<int, HashSet<int>> servedPorts)
    {
        if (patch.Match.RouteConfiguration is not { } match)
        {
            return true;
        }

        if (match.Name.Length > 0 && match.Name != configuration.Name)
        {
            return false;
        }

        if (part != EnvoyFilterContext.Gateway)
        {
            return match.PortNumber == 0 || match.PortNumber == SidecarPort(configuration.Name);
        }

        var (port, portName, gateway) = GatewayRoute(configuration.Name);
        return (match.PortNumber == 0 || (servedPorts.TryGetValue(port, out var served) ? served.Contains(match.PortNumber) : port == match.PortNumber))
            && (match.PortName.Length == 0 || match.PortName == portName)
            && (match.Gateway.Length == 0 || match.Gateway == gateway);
    }

    /// <param name="host">Null where the configuration has none: a condition on hosts does not hold then.</param>
    public static bool Matches(EnvoyPatch patch, VirtualHost? host) => patch.Match.RouteConfiguration?.Vhost is not { } match
        || (host is not null && (match.Name.Length == 0 || match.Name == host.Name));

    public static bool NamesRoute(EnvoyPatch patch) => patch.Match.RouteConfiguration?.Vhost?.Route is not null;

    public static bool Matches(EnvoyPatch patch, Route route)
    {
        if (patch.Match.RouteConfiguration?.Vhost?.Route is not { } match)
        {
            return true;
        }

        return (match.Name.Length == 0 || match.Name == route.Name) && match.Action switch
        {
            EnvoyRouteAction.Route => route.ActionCase is Route.ActionOneofCase.Route_ or Route.ActionOneofCase.None,
            EnvoyRouteAction.Redirect => route.ActionCase is Route.ActionOneofCase.Redirect or Route.ActionOneofCase.None,
            EnvoyRouteAction.DirectResponse => route.ActionCase is Route.ActionOneofCase.DirectResponse or Route.ActionOneofCase.None,
            _ => true,
        };
    }

    /// <summary>`80`, or `inbound|80||`; anything else has no port.</summary>
    private static int SidecarPort(string name) => name.StartsWith("inbound|", StringComparison.Ordinal)
        ? SubsetKey.Parse(name)?.Port ?? 0
        : Number(name);

    /// <summary>`http.80[.bind]` or `https.443.port-name.gateway.namespace[.bind]`.</summary>
    private static (int Port, string PortName, string Gateway) GatewayRoute(string name) => name.Split('.') switch
    {
        ["http", var port, ..] => (Number(port), "", ""),
        ["https", var port, var portName, var gateway, var ns, ..] => (Number(port), portName, $"{ns}/{gateway}"),
        _ => (0, "", ""),
    };

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
