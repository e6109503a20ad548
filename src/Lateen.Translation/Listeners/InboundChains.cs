using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Translation.Clusters;
using Lateen.Translation.EnvoyFilters;
using Lateen.Translation.Policies;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Listeners;

/// <summary>Filter chains of inbound ports.</summary>
internal static class InboundChains
{
    private const string CatchAllHttp = "virtualInbound-catchall-http";
    private const string CatchAllTcp = "virtualInbound";

    /// <summary>The chains of a port of the workload.</summary>
    public static IEnumerable<FilterChain> OfPort(ProxyContext context, InboundPort port, MutualTlsMode mode)
    {
        var name = Naming.Listener(port.ChainBind.Length > 0 ? port.ChainBind : context.Wildcard, port.TargetPort);
        foreach (var kind in Kinds(context, port, mode))
        {
            var chain = new FilterChain { Name = name, FilterChainMatch = Match(kind) };
            chain.FilterChainMatch.DestinationPort = (uint)port.TargetPort;
            if (kind.EndsTls)
            {
                var alpn = kind.IsHttp ? InboundTls.HttpAlpn : InboundTls.TcpAlpn;
                chain.TransportSocket = IsOwnTls(port, mode)
                    ? ServerTls.Socket(context, port.Tls!, alpn)
                    : InboundTls.Mutual(context, alpn);
            }

            if (kind.IsHttp)
            {
                chain.Filters.AddRange(NetworkFilters.BeforeHttp(context, TrafficDirection.Inbound));
                chain.Filters.Add(HttpManagers.Build(context, new()
                {
                    StatPrefix = $"inbound_{name}",
                    Direction = TrafficDirection.Inbound,
                    Inline = RoutePatches.Apply(context, EnvoyFilterContext.SidecarInbound, InboundRoutes.Build(context, port)),
                    UseRemoteAddress = context.Settings.SidecarUseRemoteAddress,
                    AddsGrpcWeb = port.Protocol == Protocol.GrpcWeb,
                    Port = port.TargetPort,
                }));
            }
            else
            {
                chain.Filters.AddRange(TcpProxies.ToCluster(
                    context, Naming.Inbound(port.TargetPort), TcpProxyOptions.Inbound with { Protocol = port.Protocol, Port = port.TargetPort }, StatPrefix(context, port)));
            }

            yield return chain;
        }
    }

    /// <summary>The chains of all ports that no service names.</summary>
    public static IEnumerable<FilterChain> Passthrough(ProxyContext context, MutualTls modes, EquatableArray<InboundPort> ports)
    {
        var taken = ports.Select(p => p.TargetPort).ToHashSet();
        foreach (var ipv6 in (bool[])[false, true])
        {
            if (ipv6 ? !context.SupportsIpv6 : !context.SupportsIpv4)
            {
                continue;
            }

            foreach (var chain in Passthrough(context, modes.Default, ipv6, port: 0))
            {
                yield return chain;
            }

            foreach (var (port, mode) in modes.Ports.OrderBy(p => p.Key))
            {
                // A port with its own mode needs chains of its own; a service's port has them already.
                if (!taken.Contains(port) && mode != modes.Default)
                {
                    foreach (var chain in Passthrough(context, mode, ipv6, port))
                    {
                        yield return chain;
                    }
                }
            }
        }
    }

    private static IEnumerable<FilterChain> Passthrough(ProxyContext context, MutualTlsMode mode, bool ipv6, int port)
    {
        var cluster = !context.Settings.InboundPassthrough ? Naming.BlackHoleCluster
            : ipv6 ? Naming.InboundPassthroughIpv6 : Naming.InboundPassthroughIpv4;
        foreach (var kind in InboundChainKind.Of(mode, Protocol.Unsupported, context.Settings.Http10))
        {
            var chain = new FilterChain { Name = kind.IsHttp ? CatchAllHttp : CatchAllTcp, FilterChainMatch = Match(kind) };
            chain.FilterChainMatch.PrefixRanges.Add(new CidrRange { AddressPrefix = ipv6 ? "::" : "0.0.0.0", PrefixLen = 0 });
            if (port != 0)
            {
                chain.FilterChainMatch.DestinationPort = (uint)port;
            }

            if (kind.EndsTls)
            {
                chain.TransportSocket = InboundTls.Mutual(context, kind.IsHttp ? InboundTls.HttpAlpn : InboundTls.TcpAlpn);
            }

            if (kind.IsHttp)
            {
                chain.Filters.AddRange(NetworkFilters.BeforeHttp(context, TrafficDirection.Inbound));
                chain.Filters.Add(HttpManagers.Build(context, new()
                {
                    StatPrefix = cluster,
                    Direction = TrafficDirection.Inbound,
                    Inline = RoutePatches.Apply(context, EnvoyFilterContext.SidecarInbound, InboundRoutes.Passthrough(cluster)),
                    UseRemoteAddress = context.Settings.SidecarUseRemoteAddress,
                }));
            }
            else
            {
                chain.Filters.AddRange(TcpProxies.ToCluster(context, cluster, TcpProxyOptions.Inbound));
            }

            yield return chain;
        }
    }

    /// <summary>TLS with the user's own certificates, where the mesh's is switched off for the port.</summary>
    private static bool IsOwnTls(InboundPort port, MutualTlsMode mode) => port.Tls is not null && mode == MutualTlsMode.Disable;

    private static EquatableArray<InboundChainKind> Kinds(ProxyContext context, InboundPort port, MutualTlsMode mode) =>
        IsOwnTls(port, mode)
        ? [new("tls", [], port.Protocol.IsHttp() || port.Protocol == Protocol.Https, true)]
        : InboundChainKind.Of(mode, port.Protocol, context.Settings.Http10);

    private static string? StatPrefix(ProxyContext context, InboundPort port) =>
        context.Mesh.InboundClusterStatName is { Length: > 0 } pattern ? StatNames.Of(pattern, port) : null;

    private static FilterChainMatch Match(InboundChainKind kind)
    {
        var match = new FilterChainMatch { TransportProtocol = kind.Transport };
        match.ApplicationProtocols.AddRange(kind.Alpn);
        return match;
    }
}
