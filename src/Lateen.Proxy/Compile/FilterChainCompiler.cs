using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.Rbac.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Filters.ExtAuthz;
using Lateen.Proxy.Filters.IstioStats;
using Lateen.Proxy.Filters.Rbac;
using Lateen.Proxy.Http;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Tcp;
using Stats;
using FilterChain = Lateen.Proxy.Listeners.FilterChain;
using LimitMessage = Envoy.Extensions.Filters.Network.ConnectionLimit.V3.ConnectionLimit;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.listener.v3.FilterChain with its network filters to a <see cref="FilterChain"/>.</summary>
internal static class FilterChainCompiler
{
    /// <summary>Network filters that are accepted and do not act yet.</summary>
    private static readonly string[] PassiveNetworkFilters =
    [
        "istio.stackdriver", "envoy.filters.network.mongo_proxy", "envoy.filters.network.set_filter_state",
    ];

    /// <summary>The chain; one of the last version with the same bytes is kept as an object.</summary>
    public static FilterChain? Compile(
        CompileScope scope, Envoy.Config.Listener.V3.FilterChain chain, Dictionary<ByteString, FilterChain> kept, string path)
    {
        ByteString fingerprint = chain.ToByteString();
        if (kept.TryGetValue(fingerprint, out FilterChain? same))
        {
            return same;
        }
        HttpManager? http = null;
        TcpProxyConfig? tcp = null;
        TcpFilters before = new();
        List<ConnectionLimit> limits = [];
        for (int i = 0; i < chain.Filters.Count; i++)
        {
            Filter filter = chain.Filters[i];
            string at = $"{path}.filters[{i}].typed_config";
            string type = TypeUrls.MessageName(filter.TypedConfig?.TypeUrl ?? "");
            if (type == "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager")
            {
                var message = scope.Unpack(
                    filter.TypedConfig,
                    Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Parser, at);
                http = message is null ? null : HttpManagerCompiler.Compile(scope, message, at);
            }
            else if (type == "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy")
            {
                TcpProxy? message = scope.Unpack(filter.TypedConfig, TcpProxy.Parser, at);
                tcp = message is null ? null : Tcp(scope, message, at, before);
            }
            else if (type == "stats.PluginConfig")
            {
                before.MeshStats = IstioStatsCompiler.Compile(scope, scope.Unpack(filter.TypedConfig, PluginConfig.Parser, at) ?? new PluginConfig(), at);
            }
            else if (type == "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit")
            {
                if (ConnectionLimit.Compile(scope, scope.Unpack(filter.TypedConfig, LimitMessage.Parser, at), at) is { } limit)
                {
                    limits.Add(limit);
                }
            }
            else if (type == "envoy.extensions.filters.network.rbac.v3.RBAC")
            {
                before.Guards.Add(RbacGuard.Compile(scope, scope.Unpack(filter.TypedConfig, RBAC.Parser, at), at));
            }
            else if (type == "io.istio.network.authn.Config")
            {
                // It tells the filters behind it who the peer is; here they ask the connection itself.
            }
            else if (type == "envoy.extensions.filters.network.ext_authz.v3.ExtAuthz")
            {
                before.Authorization = ConnectionAuthorization.Compile(
                    scope, scope.Unpack(filter.TypedConfig, Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthz.Parser, at), at);
            }
            else if (type == PeerExchangeCompiler.Type)
            {
                before.PeerExchange = PeerExchangeCompiler.Compile(scope, filter.TypedConfig, at);
            }
            else if (Array.Exists(PassiveNetworkFilters, n => filter.Name == n || type == n))
            {
                scope.Host.NotYet($"network filter {filter.Name}");
            }
            else
            {
                scope.Refuse($"{path}.filters[{i}]", $"network filter {filter.Name} ({type}) is not supported");
            }
        }
        if (http is not null && (before.Guards.Count > 0 || before.Authorization is not null))
        {
            scope.Refuse(
                path + ".filters", "network filters rbac and ext_authz before an HTTP connection manager are not supported: use those of HTTP");
        }
        return new FilterChain
        {
            Name = chain.Name,
            Match = Match(scope, chain.FilterChainMatch, path + ".filter_chain_match"),
            Http = http,
            Tcp = tcp,
            Limits = [.. limits],
            Tls = TransportSocketCompiler.Downstream(scope, chain.TransportSocket, chain.TransportSocketConnectTimeout, path + ".transport_socket"),
            Fingerprint = fingerprint,
        };
    }

    private static ChainMatch Match(CompileScope scope, FilterChainMatch? match, string path)
    {
        if (match is null)
        {
            return ChainMatch.Any;
        }
        return new ChainMatch
        {
            DestinationPort = (int)(match.DestinationPort ?? 0),
            Prefixes = Ranges(scope, match.PrefixRanges, path + ".prefix_ranges"),
            ServerNames = [.. match.ServerNames.Select(n => n.ToLowerInvariant())],
            TransportProtocol = match.TransportProtocol,
            ApplicationProtocols = [.. match.ApplicationProtocols],
            SourceType = (SourceType)(int)match.SourceType,
            SourcePrefixes = Ranges(scope, match.SourcePrefixRanges, path + ".source_prefix_ranges"),
            DirectSourcePrefixes = Ranges(scope, match.DirectSourcePrefixRanges, path + ".direct_source_prefix_ranges"),
            SourcePorts = [.. match.SourcePorts.Select(p => (int)p)],
        };
    }

    private static Cidr[] Ranges(CompileScope scope, Google.Protobuf.Collections.RepeatedField<Envoy.Config.Core.V3.CidrRange> ranges, string path)
    {
        List<Cidr> compiled = [];
        for (int i = 0; i < ranges.Count; i++)
        {
            if (!IpEndpoint.TryParse(ranges[i].AddressPrefix, 0, out IpEndpoint address))
            {
                scope.Refuse($"{path}[{i}].address_prefix", $"\"{ranges[i].AddressPrefix}\" is not an IP address");
                continue;
            }
            compiled.Add(new Cidr(address, (int)(ranges[i].PrefixLen ?? 0)));
        }
        return [.. compiled];
    }

    private static TcpProxyConfig? Tcp(CompileScope scope, TcpProxy proxy, string path, TcpFilters before)
    {
        (ClusterState, int)[] targets = proxy.ClusterSpecifierCase switch
        {
            TcpProxy.ClusterSpecifierOneofCase.Cluster => [(scope.Host.ClusterOf(proxy.Cluster), 1)],
            TcpProxy.ClusterSpecifierOneofCase.WeightedClusters =>
                [.. proxy.WeightedClusters.Clusters.Where(c => c.Weight > 0).Select(c => (scope.Host.ClusterOf(c.Name), (int)c.Weight))],
            _ => [],
        };
        if (targets.Length == 0)
        {
            scope.Refuse(path, "cluster or weighted_clusters must be set");
            return null;
        }
        return new TcpProxyConfig
        {
            Targets = targets,
            TotalWeight = targets.Sum(t => t.Item2),
            IsOutbound = scope.Direction == TrafficDirection.Outbound,
            Guards = [.. before.Guards],
            Authorization = before.Authorization,
            PeerExchange = before.PeerExchange,
            Stats = scope.Host.StatsOf($"tcp.{proxy.StatPrefix}.", StatNames.Tcp),
            MeshStats = before.MeshStats,
            AccessLogs = AccessLogCompiler.Compile(scope, proxy.AccessLog, path + ".access_log"),
            Tunnel = TunnelCompiler.Compile(scope, proxy, path),
            IdleTimeoutMilliseconds = CompileScope.Milliseconds(proxy.IdleTimeout, 3_600_000),
            MaximumDurationMilliseconds = CompileScope.Milliseconds(proxy.MaxDownstreamConnectionDuration, 0),
            MaxConnectAttempts = Math.Max(proxy.MaxConnectAttempts ?? 1, 1),
        };
    }

    // The filters before a TCP proxy.
    private sealed class TcpFilters
    {
        public IstioStatsConfig? MeshStats { get; set; }

        public List<RbacGuard> Guards { get; } = [];

        public ConnectionAuthorization? Authorization { get; set; }

        public PeerExchange? PeerExchange { get; set; }
    }
}
