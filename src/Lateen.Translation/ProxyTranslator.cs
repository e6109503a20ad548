using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;
using Lateen.Translation.Clusters;
using Lateen.Translation.Endpoints;
using Lateen.Translation.EnvoyFilters;
using Lateen.Translation.Gateways;
using Lateen.Translation.Listeners;
using Lateen.Translation.Memos;
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

    /// <summary>What a proxy's own workload serves.</summary>
    public static EquatableArray<ServiceInstance> InstancesOf(MeshSnapshot mesh, ProxyNode proxy) => new ProxyContext(mesh, proxy).Instances;

    /// <summary>The resources of a type; empty for a type that the control plane does not make.</summary>
    /// <remarks>
    /// Listeners and clusters come as a whole. Routes and endpoints come for the names that are asked for, one resource each: a
    /// name that nothing is known of gives an empty resource, so that a proxy that waits for it goes on.
    /// </remarks>
    /// <param name="memo">Remembers parts of results between translations; what comes out is the same with and without.</param>
    public static TranslationResult Translate(TranslationRequest request, TranslationMemo? memo = null)
    {
        var context = new ProxyContext(request.Snapshot, request.Proxy);
        if (ProxylessTranslator.Serves(request.Proxy))
        {
            return new(ProxylessTranslator.Translate(context, request).Select(r => Named(r.Name, r.Message)).ToList(), context.Problems);
        }

        IEnumerable<NamedResource> resources = request.TypeUrl switch
        {
            TypeUrls.Cluster => memo is not null && request.Part == ResourcePart.Shared && !context.Patches.Has(EnvoyFilterApplyTo.Cluster)
                ? OutboundClusters.Packed(context, memo)
                : Clusters(context, request.Part).Select(c => Named(c.Name, c)),
            TypeUrls.Listener => Listeners(context, request.Part).Select(l => Named(l.Name, l)),
            TypeUrls.RouteConfiguration => request.Names.Select(n =>
                memo is null || context.IsGateway || RoutePatches.Any(context) ? Named(n, Route(context, n)) : SidecarRoutes.Packed(context, memo, n)),
            TypeUrls.ClusterLoadAssignment => request.Names.Select(n =>
                memo is null ? Named(n, Endpoints(context, n)) : LoadAssignments.Packed(context, memo, n)),
            TypeUrls.NameTable => context.IsGateway ? [] : [Named("", NameTables.Build(context))],
            TypeUrls.TypedExtensionConfig => Extensions(context, request.Names).Select(e => Named(e.Name, e)),
            _ => [],
        };
        return new(resources.ToList(), context.Problems);
    }

    internal static IEnumerable<Cluster> Clusters(ProxyContext context, ResourcePart part = ResourcePart.Whole) => part switch
    {
        ResourcePart.Shared => OutboundPart(context),
        ResourcePart.Own => OwnClusters(context),
        _ => OutboundPart(context).Concat(OwnClusters(context)),
    };

    internal static IEnumerable<Listener> Listeners(ProxyContext context, ResourcePart part = ResourcePart.Whole) => part switch
    {
        ResourcePart.Shared => SharedListeners(context),
        ResourcePart.Own => InboundListeners(context),
        _ => context.IsGateway
            ? ListenerPatches.Apply(context, EnvoyFilterContext.Gateway, GatewayListeners.Build(context))
            : InboundListeners(context).Concat(SharedListeners(context)),
    };

    private static IEnumerable<Cluster> OutboundPart(ProxyContext context) =>
        ClusterPatches.Apply(context, OutboundContext(context), OutboundClusters.Build(context).Concat(SniPassthrough.Clusters(context)));

    /// <summary>What every proxy of the kind has, and what the workload serves.</summary>
    private static IEnumerable<Cluster> OwnClusters(ProxyContext context)
    {
        if (context.IsGateway)
        {
            return ClusterPatches.Apply(context, EnvoyFilterContext.Gateway, [FixedClusters.BlackHole(context)], addsClusters: false);
        }

        var inbound = InboundClusters.Build(context);
        if (context.SupportsIpv4)
        {
            inbound = inbound.Append(FixedClusters.InboundPassthrough(context, ipv6: false));
        }

        if (context.SupportsIpv6)
        {
            inbound = inbound.Append(FixedClusters.InboundPassthrough(context, ipv6: true));
        }

        // Clusters that are added come with the outbound part.
        IEnumerable<Cluster> unknown = [FixedClusters.BlackHole(context), FixedClusters.Passthrough(context)];
        return ClusterPatches.Apply(context, EnvoyFilterContext.SidecarOutbound, unknown, addsClusters: false)
            .Concat(ClusterPatches.Apply(context, EnvoyFilterContext.SidecarInbound, inbound));
    }

    private static IEnumerable<Listener> InboundListeners(ProxyContext context)
    {
        var listeners = VirtualInbound.Build(context).ToLookup(listener => listener.Name == Naming.VirtualInbound);
        return ListenerPatches.Apply(context, EnvoyFilterContext.SidecarInbound, listeners[false])
            .Concat(ListenerPatches.Apply(context, EnvoyFilterContext.SidecarInbound, listeners[true], addsListeners: false));
    }

    private static IEnumerable<Listener> SharedListeners(ProxyContext context)
    {
        var outbound = ListenerPatches.Apply(context, EnvoyFilterContext.SidecarOutbound, OutboundListeners.Build(context));
        return context.IsUncaptured
            ? outbound
            : outbound.Concat(ListenerPatches.Apply(
                context, EnvoyFilterContext.SidecarOutbound, [VirtualOutbound.Build(context)], addsListeners: false));
    }

    private static EnvoyFilterContext OutboundContext(ProxyContext context) =>
        context.IsGateway ? EnvoyFilterContext.Gateway : EnvoyFilterContext.SidecarOutbound;

    internal static RouteConfiguration Route(ProxyContext context, string name) => context.IsGateway
        ? RoutePatches.Apply(
            context, EnvoyFilterContext.Gateway, GatewayRoutes.Build(context, name), context.GatewayServers.ServedPorts())
        : RoutePatches.Apply(context, EnvoyFilterContext.SidecarOutbound, SidecarRoutes.Build(context, name));

    /// <summary>Extension configurations by name; a name that nothing is known of gives none.</summary>
    internal static IEnumerable<TypedExtensionConfig> Extensions(ProxyContext context, IReadOnlyCollection<string> names) =>
        ExtensionConfigPatches.Added(context, names);

    internal static ClusterLoadAssignment Endpoints(ProxyContext context, string cluster) => LoadAssignments.Build(context, cluster);

    private static NamedResource Named(string name, IMessage message) => new(name, message);
}
