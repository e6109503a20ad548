using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model;
using Lateen.Translation.Listeners;

namespace Lateen.Translation.Gateways;

/// <summary>The listeners of a gateway: one per address and port.</summary>
internal static class GatewayListeners
{
    private static readonly string[] HttpAlpn = ["h2", "http/1.1"];

    public static IEnumerable<Listener> Build(ProxyContext context)
    {
        foreach (var (bind, port, servers) in context.GatewayServers.Listeners)
        {
            // Without the right to bind low ports the whole set of listeners would be refused.
            if (port < 1024 && context.Proxy.Metadata.Find("UNPRIVILEGED_POD") == "true")
            {
                continue;
            }

            var address = bind.Length == 0 ? context.Wildcard : bind;
            var listener = new Listener
            {
                Name = Naming.Listener(address, port),
                Address = Protobuf.SocketAddress(address, port),
                TrafficDirection = TrafficDirection.Outbound,
            };
            listener.FilterChains.AddRange(Chains(context, servers));
            if (listener.FilterChains.Count == 0)
            {
                continue;
            }

            if (context.ProxyConfig.GatewayTopology is { ProxyProtocol: true })
            {
                // The header of the load balancer comes before anything that the client sends.
                listener.ListenerFilters.Add(ListenerFilters.ProxyProtocol());
            }

            if (servers[0].IsTls)
            {
                listener.ListenerFilters.Add(ListenerFilters.TlsInspector());
                listener.ListenerFiltersTimeout = new();
                listener.ContinueOnListenerFiltersTimeout = true;
            }

            listener.AccessLog.AddRange(AccessLogs.ForListener(context, TrafficDirection.Outbound));
            yield return listener;
        }
    }

    private static IEnumerable<FilterChain> Chains(ProxyContext context, List<BoundServer> servers)
    {
        if (!servers[0].IsTls)
        {
            // Plain HTTP servers share one chain and one route configuration.
            return servers[0].IsHttp ? [HttpChain(context, servers[0])] : GatewayTcpChains.Plain(context, servers[0]);
        }

        return servers.SelectMany(server => server.IsHttp ? [HttpsChain(context, server)] : GatewayTcpChains.Tls(context, server));
    }

    private static FilterChain HttpsChain(ProxyContext context, BoundServer server)
    {
        var chain = HttpChain(context, server);
        chain.FilterChainMatch = new();
        chain.FilterChainMatch.ServerNames.AddRange(GatewayHosts.ServerNames(server));
        chain.TransportSocket = ServerTls.Socket(context, server.Server.Tls!, HttpAlpn);
        return chain;
    }

    private static FilterChain HttpChain(ProxyContext context, BoundServer server) => new()
    {
        Filters =
        {
            NetworkFilters.BeforeHttp(context, TrafficDirection.Outbound),
            HttpManagers.Build(context, new()
            {
                StatPrefix = $"outbound_{Naming.Listener(server.Server.Bind.Length == 0 ? context.Wildcard : server.Server.Bind, server.Port)}",
                Direction = TrafficDirection.Outbound,
                RouteName = server.RouteName,
                UseRemoteAddress = true,
                IsGateway = true,
                AddsGrpcWeb = server.Protocol == Protocol.GrpcWeb,
                Port = server.Port,
            }),
        },
    };
}
