using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model.Workloads;
using Lateen.Translation.Clusters;
using Lateen.Translation.Endpoints;
using Lateen.Translation.Gateways;
using Lateen.Translation.Listeners;
using Lateen.Translation.Names;
using Lateen.Translation.Proxyless;
using Lateen.Translation.Routes;
using Lateen.Translation.Views;

namespace Lateen.Translation;

/// <summary>Turns a snapshot into the xDS resources of one proxy. Pure: no clock, no flag, no I/O.</summary>
public static class ProxyTranslator
{
    /// <summary>Whether the proxy is an application that speaks xDS itself: it asks for everything by name, and shares nothing with sidecars.</summary>
    public static bool IsProxyless(ProxyNode proxy) => ProxylessTranslator.Serves(proxy);

    /// <summary>The resources of a type; empty for a type that the control plane does not make.</summary>
    /// <remarks>
    /// Listeners and clusters come as a whole. Routes and endpoints come for the names that are asked for, one resource each: a
    /// name that nothing is known of gives an empty resource, so that a proxy that waits for it goes on.
    /// </remarks>
    public static TranslationResult Translate(TranslationRequest request)
    {
        var context = new ProxyContext(request.Snapshot, request.Proxy);
        if (ProxylessTranslator.Serves(request.Proxy))
        {
            return new(ProxylessTranslator.Translate(context, request).Select(r => Named(r.Name, r.Message)).ToList(), context.Problems);
        }

        IEnumerable<NamedResource> resources = request.TypeUrl switch
        {
            TypeUrls.Cluster => Clusters(context, request.Part).Select(c => Named(c.Name, c)),
            TypeUrls.Listener => Listeners(context, request.Part).Select(l => Named(l.Name, l)),
            TypeUrls.RouteConfiguration => request.Names.Select(n => Named(n, Route(context, n))),
            TypeUrls.ClusterLoadAssignment => request.Names.Select(n => Named(n, Endpoints(context, n))),
            TypeUrls.NameTable => context.IsGateway ? [] : [Named("", NameTables.Build(context))],
            _ => [],
        };
        return new(resources.ToList(), context.Problems);
    }

    internal static IEnumerable<Cluster> Clusters(ProxyContext context, ResourcePart part = ResourcePart.Whole) => part switch
    {
        ResourcePart.Shared => OutboundClusters.Build(context),
        ResourcePart.Own => OwnClusters(context),
        _ => OutboundClusters.Build(context).Concat(OwnClusters(context)),
    };

    internal static IEnumerable<Listener> Listeners(ProxyContext context, ResourcePart part = ResourcePart.Whole) => part switch
    {
        ResourcePart.Shared => SharedListeners(context),
        ResourcePart.Own => VirtualInbound.Build(context),
        _ => context.IsGateway ? GatewayListeners.Build(context) : VirtualInbound.Build(context).Concat(SharedListeners(context)),
    };

    private static IEnumerable<Cluster> OwnClusters(ProxyContext context)
    {
        if (context.IsGateway)
        {
            yield return FixedClusters.BlackHole(context);
            yield break;
        }

        foreach (var cluster in InboundClusters.Build(context))
        {
            yield return cluster;
        }

        yield return FixedClusters.BlackHole(context);
        yield return FixedClusters.Passthrough(context);
        if (context.SupportsIpv4)
        {
            yield return FixedClusters.InboundPassthrough(context, ipv6: false);
        }

        if (context.SupportsIpv6)
        {
            yield return FixedClusters.InboundPassthrough(context, ipv6: true);
        }
    }

    private static IEnumerable<Listener> SharedListeners(ProxyContext context) => context.IsUncaptured
        ? OutboundListeners.Build(context)
        : OutboundListeners.Build(context).Append(VirtualOutbound.Build(context));

    internal static RouteConfiguration Route(ProxyContext context, string name) =>
        context.IsGateway ? GatewayRoutes.Build(context, name) : SidecarRoutes.Build(context, name);

    internal static ClusterLoadAssignment Endpoints(ProxyContext context, string cluster) => LoadAssignments.Build(context, cluster);

    private static NamedResource Named(string name, IMessage message) => new(name, message.Pack());
}
