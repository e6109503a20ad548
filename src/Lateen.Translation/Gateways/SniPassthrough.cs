using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Translation.Clusters;
using Lateen.Translation.Listeners;

namespace Lateen.Translation.Gateways;

/// <summary>Gateway servers of mode AUTO_PASSTHROUGH: the server name of the mesh's mutual TLS itself says which service port, and which subset, is meant.</summary>
/// <remarks>
/// The gateway does not end TLS, so that it can not see whether it is the mesh's own: chains ask for the mesh's application protocols and clusters
/// hold endpoints alone that demand mutual TLS. Together nothing is reached here that a sidecar would not have to prove itself for.
/// </remarks>
internal static class SniPassthrough
{
    /// <summary>One chain per port and subset of the services that the server's hosts name.</summary>
    public static IEnumerable<FilterChain> Chains(ProxyContext context, BoundServer server)
    {
        var hosts = server.Server.Hosts.Select(GatewayHosts.HostOf).ToList();
        foreach (var target in Targets(context).Where(t => hosts.Any(host => HostName.IsSubsetOf(t.Service.Hostname, host))))
        {
            var name = Name(target);
            var chain = new FilterChain { FilterChainMatch = new() { ServerNames = { name } } };
            chain.FilterChainMatch.ApplicationProtocols.AddRange(InboundChainKind.MutualAny);
            chain.Filters.AddRange(TcpProxies.ToCluster(
                context,
                name,
                TcpProxyOptions.Outbound with { Protocol = target.Port.Protocol, Port = target.Port.Number },
                context.Mesh.OutboundClusterStatName is { Length: > 0 } pattern ? StatNames.Of(pattern, target) : null));
            yield return chain;
        }
    }

    /// <summary>The clusters that such chains lead to; none for a gateway without them.</summary>
    public static IEnumerable<Cluster> Clusters(ProxyContext context) => !IsUsed(context) ? [] : Targets(context)
        .Select(target => OutboundClusters.Build(context, target, Name(target), passesTlsOn: true))
        .OfType<Cluster>();

    private static bool IsUsed(ProxyContext context) => context.IsGateway
        && context.GatewayServers.Listeners.Any(l => l.Servers.Any(s => s.Server.Tls?.Mode == ServerTlsMode.AutoPassthrough));

    /// <summary>What is outside of the mesh proves nothing by the mesh's mutual TLS.</summary>
    private static IEnumerable<OutboundTarget> Targets(ProxyContext context) =>
        OutboundClusters.Targets(context).Where(target => !target.Service.MeshExternal);

    private static string Name(OutboundTarget target) => Naming.OutboundSni(target.Service.Hostname, target.Subset?.Name ?? "", target.Port.Number);
}
