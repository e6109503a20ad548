using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.OriginalSrc.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Envoy.Extensions.Filters.Network.Rbac.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
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

/// <summary>envoy.config.listener.v3.Listener to a <see cref="ListenerConfig"/>; equal filter chains of the last version are kept as objects.</summary>
internal static class ListenerCompiler
{
    /// <summary>Network filters that are accepted and do not act yet.</summary>
    private static readonly string[] PassiveNetworkFilters =
    [
        "istio.metadata_exchange", "istio.stackdriver", "envoy.filters.network.metadata_exchange",
        "envoy.filters.network.mongo_proxy", "envoy.filters.network.set_filter_state",
    ];

    public static ListenerConfig? Compile(CompileScope scope, Listener listener, ListenerConfig? last)
    {
        scope.Direction = listener.TrafficDirection;
        IpEndpoint address = scope.Address(listener.Address, "address");
        if (listener.Address?.SocketAddress?.Protocol == Envoy.Config.Core.V3.SocketAddress.Types.Protocol.Udp)
        {
            scope.Refuse("address.socket_address.protocol", "UDP listeners are not supported");
        }
        Dictionary<ByteString, FilterChain> kept = [];
        foreach (FilterChain chain in last?.AllChains ?? [])
        {
            kept.TryAdd(chain.Fingerprint, chain);
        }
        List<FilterChain> chains =
            [.. listener.FilterChains.Select((c, i) => Chain(scope, c, kept, $"filter_chains[{i}]")).OfType<FilterChain>()];
        FilterChain? fallback = listener.DefaultFilterChain is null ? null : Chain(scope, listener.DefaultFilterChain, kept, "default_filter_chain");
        Inspectors inspectors = ListenerFilters(scope, listener);
        AccessLog.AccessLogConfig[] logs = AccessLogCompiler.Compile(scope, listener.AccessLog, "access_log");
        if (scope.Problems.Count > 0)
        {
            return null;
        }
        ListenerConfig config = new()
        {
            Name = listener.Name,
            Address = address,
            BindsPort = listener.BindToPort ?? true,
            UsesOriginalDestination = listener.UseOriginalDst ?? false,
            RestoresDestination = inspectors.OriginalDestination,
            Transparent = listener.Transparent ?? false,
            DualStack = listener.Address!.SocketAddress.Ipv4Compat,
            ProxyProtocol = inspectors.ProxyProtocol,
            OriginalSource = inspectors.OriginalSource,
            InspectsTls = inspectors.Tls,
            InspectsHttp = inspectors.Http,
            TlsDisabledPorts = [.. inspectors.TlsDisabled],
            HttpDisabledPorts = [.. inspectors.HttpDisabled],
            InspectionTimeoutMilliseconds = CompileScope.Milliseconds(listener.ListenerFiltersTimeout, 15_000),
            ContinuesOnTimeout = listener.ContinueOnListenerFiltersTimeout,
            Chains = chains,
            DefaultChain = fallback,
            AccessLogs = logs,
            Routes = [.. chains.Append(fallback).Select(c => c?.Http?.Routes).OfType<Routing.RouteState>().Distinct()],
        };
        return config;
    }

    private static FilterChain? Chain(
        CompileScope scope, Envoy.Config.Listener.V3.FilterChain chain, Dictionary<ByteString, FilterChain> kept, string path)
    {
        ByteString fingerprint = chain.ToByteString();
        if (kept.TryGetValue(fingerprint, out FilterChain? same))
        {
            return same;
        }
        HttpManager? http = null;
        TcpProxyConfig? tcp = null;
        IstioStatsConfig? meshStats = null;
        List<RbacGuard> guards = [];
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
                tcp = message is null ? null : Tcp(scope, message, [.. guards], at, meshStats);
            }
            else if (type == "stats.PluginConfig")
            {
                meshStats = IstioStatsCompiler.Compile(scope, scope.Unpack(filter.TypedConfig, PluginConfig.Parser, at) ?? new PluginConfig(), at);
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
                guards.Add(RbacGuard.Compile(scope, scope.Unpack(filter.TypedConfig, RBAC.Parser, at), at));
            }
            else if (type == "io.istio.network.authn.Config")
            {
                // It tells the filters behind it who the peer is; here they ask the connection itself.
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
        if (http is not null && guards.Count > 0)
        {
            scope.Refuse(path + ".filters", "envoy.filters.network.rbac before an HTTP connection manager is not supported: use envoy.filters.http.rbac");
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

    private static TcpProxyConfig? Tcp(CompileScope scope, TcpProxy proxy, RbacGuard[] guards, string path, IstioStatsConfig? meshStats)
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
        if (proxy.TunnelingConfig is not null)
        {
            scope.Refuse(path + ".tunneling_config", "is not supported");
        }
        return new TcpProxyConfig
        {
            Targets = targets,
            TotalWeight = targets.Sum(t => t.Item2),
            Guards = guards,
            Stats = scope.Host.StatsOf($"tcp.{proxy.StatPrefix}.", StatNames.Tcp),
            MeshStats = meshStats,
            AccessLogs = AccessLogCompiler.Compile(scope, proxy.AccessLog, path + ".access_log"),
            IdleTimeoutMilliseconds = CompileScope.Milliseconds(proxy.IdleTimeout, 3_600_000),
            MaxConnectAttempts = Math.Max(proxy.MaxConnectAttempts ?? 1, 1),
        };
    }

    private static Inspectors ListenerFilters(CompileScope scope, Listener listener)
    {
        Inspectors found = new();
        for (int i = 0; i < listener.ListenerFilters.Count; i++)
        {
            ListenerFilter filter = listener.ListenerFilters[i];
            string type = TypeUrls.MessageName(filter.TypedConfig?.TypeUrl ?? "");
            string name = type.Length > 0 ? type : filter.Name;
            if (name.Contains("tls_inspector", StringComparison.Ordinal))
            {
                found.Tls = true;
                Disabled(filter.FilterDisabled, found.TlsDisabled);
            }
            else if (name.Contains("http_inspector", StringComparison.Ordinal))
            {
                found.Http = true;
                Disabled(filter.FilterDisabled, found.HttpDisabled);
            }
            else if (name.Contains("original_dst", StringComparison.Ordinal))
            {
                found.OriginalDestination = true;
            }
            else if (name.Contains("original_src", StringComparison.Ordinal))
            {
                OriginalSrc source = scope.Unpack(filter.TypedConfig, OriginalSrc.Parser, $"listener_filters[{i}].typed_config") ?? new OriginalSrc();
                found.OriginalSource = new OriginalSourceConfig(source.BindPort, source.Mark);
            }
            else if (name.Contains("proxy_protocol", StringComparison.Ordinal))
            {
                found.ProxyProtocol = ProxyProtocol(scope, filter, $"listener_filters[{i}].typed_config");
            }
            else
            {
                scope.Refuse($"listener_filters[{i}]", $"listener filter {filter.Name} ({type}) is not supported");
            }
        }
        return found;
    }

    // Only destination port ranges, alone or joined by or: what Istio sends.
    private static void Disabled(ListenerFilterChainMatchPredicate? predicate, List<(int, int)> ports)
    {
        if (predicate?.DestinationPortRange is { } range)
        {
            ports.Add((range.Start, range.End));
        }
        foreach (ListenerFilterChainMatchPredicate rule in predicate?.OrMatch?.Rules ?? [])
        {
            Disabled(rule, ports);
        }
    }

    private static ProxyProtocolConfig ProxyProtocol(CompileScope scope, ListenerFilter filter, string path)
    {
        ProxyProtocol message = scope.Unpack(filter.TypedConfig, Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol.Parser, path) ?? new();
        foreach (ProxyProtocol.Types.Rule rule in message.Rules.Where(r => r.TlvType > byte.MaxValue || r.OnTlvPresent is not { Key.Length: > 0 }))
        {
            scope.Refuse(path + ".rules", $"tlv_type {rule.TlvType} must be less than 256 and on_tlv_present must have a key");
        }
        return new ProxyProtocolConfig
        {
            AllowsAbsence = message.AllowRequestsWithoutProxyProtocol,
            RefusesVersion1 = message.DisallowedVersions.Contains(Envoy.Config.Core.V3.ProxyProtocolConfig.Types.Version.V1),
            RefusesVersion2 = message.DisallowedVersions.Contains(Envoy.Config.Core.V3.ProxyProtocolConfig.Types.Version.V2),
            Kept = TransportSocketCompiler.Records(scope, message.PassThroughTlvs, path + ".pass_through_tlvs"),
            Rules = [.. message.Rules.Select(r => (
                (byte)r.TlvType,
                r.OnTlvPresent?.MetadataNamespace is { Length: > 0 } name ? name : "envoy.filters.listener.proxy_protocol",
                r.OnTlvPresent?.Key ?? ""))],
        };
    }

    private sealed class Inspectors
    {
        public ProxyProtocolConfig? ProxyProtocol { get; set; }

        public OriginalSourceConfig? OriginalSource { get; set; }

        public bool Tls { get; set; }

        public bool Http { get; set; }

        public bool OriginalDestination { get; set; }

        public List<(int Start, int End)> TlsDisabled { get; } = [];

        public List<(int Start, int End)> HttpDisabled { get; } = [];
    }
}
