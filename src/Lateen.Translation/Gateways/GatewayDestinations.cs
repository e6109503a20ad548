using Lateen.Model.Networking;
using Lateen.Model.Routing;

namespace Lateen.Translation.Gateways;

/// <summary>The services that a gateway's routes lead to (PILOT_FILTER_GATEWAY_CLUSTER_CONFIG).</summary>
internal static class GatewayDestinations
{
    /// <summary>Their hosts; null where the gateway is to know all services: also where a server passes TLS on to whatever it names.</summary>
    public static IReadOnlySet<string>? Of(ProxyContext context)
    {
        if (!context.IsGateway || !context.Settings.FilterGatewayClusterConfig)
        {
            return null;
        }

        var servers = context.GatewayServers.Listeners.SelectMany(listener => listener.Servers).ToList();
        if (servers.Exists(server => server.Server.Tls?.Mode == ServerTlsMode.AutoPassthrough))
        {
            return null;
        }

        return servers.Select(server => server.GatewayName).Distinct()
            .SelectMany(gateway => (IEnumerable<VirtualServiceConfig>)context.Snapshot.Index.VirtualServices.For(context.Proxy.Namespace, gateway))
            .SelectMany(route => RouteDestinations.Of(route).Keys)
            .ToHashSet();
    }
}
