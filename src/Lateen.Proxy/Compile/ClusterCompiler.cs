using System.Globalization;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Health;
using Lateen.Proxy.LoadBalancing;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Telemetry;
using HttpProtocolOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;
using LoadBalancingPolicy = Lateen.Proxy.Clusters.LoadBalancingPolicy;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.cluster.v3.Cluster and ClusterLoadAssignment to what the event loops use.</summary>
internal static class ClusterCompiler
{
    private const string HttpOptionsName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    public static ClusterConfig? Compile(CompileScope scope, Cluster cluster)
    {
        if (cluster.Name.Length == 0)
        {
            scope.Refuse("name", "must not be empty");
        }
        DiscoveryKind kind = Discovery(scope, cluster);
        HttpProtocolOptions options = HttpOptions(scope, cluster);
        Http2ProtocolOptions? http2 = options.ExplicitHttpConfig?.Http2ProtocolOptions ?? options.UseDownstreamProtocolConfig?.Http2ProtocolOptions;
        UpstreamSocket? transport = TransportSocketCompiler.Upstream(scope, cluster.TransportSocket, KeepsProtocols(cluster), "transport_socket");
        TransportMatch[] matches = [.. cluster.TransportSocketMatches.Select((m, i) => new TransportMatch(
            Pairs(m.Match), TransportSocketCompiler.Upstream(
                scope, m.TransportSocket, KeepsProtocols(cluster), $"transport_socket_matches[{i}].transport_socket")))];
        RefuseUnsupported(scope, cluster);
        if (http2?.ConnectionKeepalive is not null)
        {
            scope.Host.NotYet("http2_protocol_options.connection_keepalive of clusters");
        }
        OutlierConfig? outlier = OutlierCompiler.Compile(scope, cluster.OutlierDetection);
        HealthCheckConfig? check = HealthCheckCompiler.Compile(scope, cluster);
        EndpointSet fixedOnes = kind == DiscoveryKind.Static && cluster.LoadAssignment is { } assignment
            ? Endpoints(scope, assignment, "load_assignment") : EndpointSet.Empty;
        Balance balancing = Balancing(scope, cluster);
        Tcp.PeerExchange? exchange = PeerExchangeCompiler.Of(scope, cluster);
        return scope.Problems.Count > 0 ? null : new ClusterConfig
        {
            Name = cluster.Name,
            ObservabilityName = cluster.AltStatName.Length > 0 ? cluster.AltStatName : cluster.Name,
            Discovery = kind,
            EdsServiceName = kind != DiscoveryKind.Eds ? ""
                : cluster.EdsClusterConfig?.ServiceName is { Length: > 0 } name ? name : cluster.Name,
            Policy = balancing.Policy,
            Service = MeshService.Of(cluster),
            Metadata = cluster.Metadata?.FilterMetadata,
            IsExternal = cluster.Metadata?.FilterMetadata.TryGetValue("istio", out Struct? istio) == true
                && istio.Fields.TryGetValue("external", out Value? external) && external.BoolValue,
            ChoiceCount = (int)Math.Clamp(cluster.LeastRequestLbConfig?.ChoiceCount ?? 2, 2, 32),
            ActiveRequestBias = cluster.LeastRequestLbConfig?.ActiveRequestBias?.DefaultValue ?? 1,
            SlowStart = balancing.SlowStart,
            MinimumRingSize = Math.Max(1, cluster.RingHashLbConfig?.MinimumRingSize ?? 1024),
            MaximumRingSize = Math.Min(cluster.RingHashLbConfig?.MaximumRingSize ?? 8 * 1024 * 1024, 8 * 1024 * 1024),
            MaglevTableSize = (int)(cluster.MaglevLbConfig?.TableSize ?? 65537),
            HashesHostnames = cluster.CommonLbConfig?.ConsistentHashingLbConfig?.UseHostnameForHashing ?? false,
            HashBalanceFactor = cluster.CommonLbConfig?.ConsistentHashingLbConfig?.HashBalanceFactor ?? 0,
            ConnectTimeoutMilliseconds = (int)Math.Clamp(CompileScope.Milliseconds(cluster.ConnectTimeout, 5000), 1, int.MaxValue),
            Default = Limits(cluster, RoutingPriority.Default),
            High = Limits(cluster, RoutingPriority.High),
            SourceAddress = Source(scope, cluster),
            IdleTimeoutMilliseconds = CompileScope.Milliseconds(options.CommonHttpProtocolOptions?.IdleTimeout, 3_600_000),
            MaximumConnectionMilliseconds = CompileScope.Milliseconds(options.CommonHttpProtocolOptions?.MaxConnectionDuration, 0),
            MaxRequestsPerConnection = options.CommonHttpProtocolOptions?.MaxRequestsPerConnection ?? 0,
            PanicThreshold = (int)(cluster.CommonLbConfig?.HealthyPanicThreshold?.Value ?? 50),
            LocalityWeighted = cluster.CommonLbConfig?.LocalityWeightedLbConfig is not null,
            Outlier = outlier,
            HealthCheck = check,
            Keepalive = cluster.UpstreamConnectionOptions?.TcpKeepalive is { } keepalive
                ? new Clusters.TcpKeepalive(
                    (int)(keepalive.KeepaliveProbes ?? 0), (int)(keepalive.KeepaliveTime ?? 0), (int)(keepalive.KeepaliveInterval ?? 0)) : null,
            PeerExchange = exchange,
            StaticEndpoints = fixedOnes,
            DnsEndpoints = kind is DiscoveryKind.StrictDns or DiscoveryKind.LogicalDns && cluster.LoadAssignment is { } names
                ? DnsEndpoints(names) : [],
            DnsRefreshMilliseconds = (int)Math.Clamp(CompileScope.Milliseconds(cluster.DnsRefreshRate, 5000), 100, int.MaxValue),
            BufferLimit = (int)Math.Clamp(cluster.PerConnectionBufferLimitBytes ?? 1024 * 1024, 1024, 16 * 1024 * 1024),
            Http2 = options.ExplicitHttpConfig?.Http2ProtocolOptions is not null,
            Http2Limits = Http2OptionsCompiler.Compile(http2, HeadLimits.Response),
            Http2MaximumStreams = (int)Math.Clamp(http2?.MaxConcurrentStreams ?? int.MaxValue, 1, int.MaxValue),
            Http1Trailers = (options.ExplicitHttpConfig?.HttpProtocolOptions ?? options.UseDownstreamProtocolConfig?.HttpProtocolOptions)
                ?.EnableTrailers ?? false,
            UseDownstreamProtocol = options.UseDownstreamProtocolConfig is not null,
            Transport = transport,
            TransportMatches = matches,
            TakesServerName = options.UpstreamHttpProtocolOptions?.AutoSni ?? false,
            ServerNameHeader = Encoding.ASCII.GetBytes(options.UpstreamHttpProtocolOptions?.OverrideAutoSniHeader.ToLowerInvariant() ?? ""),
            ChecksServerName = options.UpstreamHttpProtocolOptions?.AutoSanValidation ?? false,
            TellsClients = matches.Select(m => m.Socket).Append(transport).Any(s => s?.ProxyHeader is not null),
        };
    }

    /// <summary>The endpoints of an assignment in the order given.</summary>
    public static EndpointSet Endpoints(CompileScope scope, ClusterLoadAssignment assignment, string path)
    {
        List<EndpointConfig> endpoints = [];
        for (int l = 0; l < assignment.Endpoints.Count; l++)
        {
            LocalityLbEndpoints group = assignment.Endpoints[l];
            Clusters.Locality locality = new(
                group.Locality?.Region ?? "", group.Locality?.Zone ?? "", group.Locality?.SubZone ?? "", group.LoadBalancingWeight ?? 0);
            for (int i = 0; i < group.LbEndpoints.Count; i++)
            {
                LbEndpoint endpoint = group.LbEndpoints[i];
                IpEndpoint address = scope.Address(
                    endpoint.Endpoint?.Address, $"{path}.endpoints[{l}].lb_endpoints[{i}].endpoint.address".TrimStart('.'));
                endpoints.Add(new EndpointConfig(
                    address, endpoint.Endpoint?.Hostname ?? "", Math.Max(endpoint.LoadBalancingWeight ?? 1, 1), Health(endpoint.HealthStatus),
                    locality, group.Priority, Workload(endpoint))
                {
                    TransportMatch = TransportMetadata(endpoint),
                    HashKey = HashKey(endpoint),
                    IgnoresActiveChecks = endpoint.Endpoint?.HealthCheckConfig?.DisableActiveHealthCheck ?? false,
                    HealthPort = (int)(endpoint.Endpoint?.HealthCheckConfig?.PortValue ?? 0),
                });
            }
        }
        return new EndpointSet(endpoints, (int)(assignment.Policy?.OverprovisioningFactor ?? EndpointSet.DefaultOverprovisioning));
    }

    private static List<DnsEndpointConfig> DnsEndpoints(ClusterLoadAssignment assignment) =>
        [.. assignment.Endpoints.SelectMany(group => group.LbEndpoints.Select(e => new DnsEndpointConfig(
            e.Endpoint.Address.SocketAddress.Address,
            (int)e.Endpoint.Address.SocketAddress.PortValue,
            new EndpointConfig(
                default, e.Endpoint.Hostname.Length > 0 ? e.Endpoint.Hostname : e.Endpoint.Address.SocketAddress.Address,
                Math.Max(e.LoadBalancingWeight ?? 1, 1), Health(e.HealthStatus),
                new Clusters.Locality(
                    group.Locality?.Region ?? "", group.Locality?.Zone ?? "", group.Locality?.SubZone ?? "", group.LoadBalancingWeight ?? 0),
                group.Priority, Workload(e))
                {
                    TransportMatch = TransportMetadata(e),
                })))];

    private static string Workload(LbEndpoint endpoint) =>
        endpoint.Metadata?.FilterMetadata.TryGetValue("istio", out Struct? istio) == true
            && istio.Fields.TryGetValue("workload", out Value? workload) ? workload.StringValue : "";

    private static string HashKey(LbEndpoint endpoint) =>
        endpoint.Metadata?.FilterMetadata.TryGetValue("envoy.lb", out Struct? lb) == true
            && lb.Fields.TryGetValue("hash_key", out Value? key) ? key.StringValue : "";

    private static HostHealth Health(HealthStatus status) => status switch
    {
        HealthStatus.Unknown or HealthStatus.Healthy => HostHealth.Healthy,
        HealthStatus.Degraded => HostHealth.Degraded,
        _ => HostHealth.Unhealthy,
    };

    private static DiscoveryKind Discovery(CompileScope scope, Cluster cluster)
    {
        if (cluster.ClusterDiscoveryTypeCase == Cluster.ClusterDiscoveryTypeOneofCase.ClusterType)
        {
            scope.Refuse("cluster_type", $"custom cluster type {cluster.ClusterType.Name} is not supported");
            return DiscoveryKind.Static;
        }
        return cluster.Type switch
        {
            Cluster.Types.DiscoveryType.Static => DiscoveryKind.Static,
            Cluster.Types.DiscoveryType.StrictDns => DiscoveryKind.StrictDns,
            Cluster.Types.DiscoveryType.LogicalDns => DiscoveryKind.LogicalDns,
            Cluster.Types.DiscoveryType.Eds => DiscoveryKind.Eds,
            _ => DiscoveryKind.OriginalDestination,
        };
    }

    private static void RefuseUnsupported(CompileScope scope, Cluster cluster)
    {
        if (cluster.CloseConnectionsOnHostHealthFailure)
        {
            scope.Host.NotYet("close_connections_on_host_health_failure: connections to a host that fails its checks end with their requests");
        }
        if (cluster.CircuitBreakers?.Thresholds.Any(t => t.MaxConnectionPools is not null) == true)
        {
            scope.Host.NotYet("circuit_breakers.thresholds.max_connection_pools");
        }
        if (cluster.LbSubsetConfig is not null)
        {
            scope.Refuse("lb_subset_config", "is not supported: Istio's subsets are clusters of their own");
        }
        if (cluster.RingHashLbConfig is { HashFunction: Cluster.Types.RingHashLbConfig.Types.HashFunction.MurmurHash2 })
        {
            scope.Refuse("ring_hash_lb_config.hash_function", "MURMUR_HASH_2 is not supported: use XX_HASH");
        }
        if (cluster.RingHashLbConfig is { } ring && ring.MinimumRingSize > ring.MaximumRingSize)
        {
            scope.Refuse("ring_hash_lb_config.minimum_ring_size", $"{ring.MinimumRingSize} is more than maximum_ring_size {ring.MaximumRingSize}");
        }
        if (cluster.MaglevLbConfig?.TableSize is { } size && (size is < 2 or > 5_000_011 || !IsPrime(size)))
        {
            scope.Refuse("maglev_lb_config.table_size", $"{size} must be a prime number up to 5000011");
        }
    }

    private static bool IsPrime(ulong number)
    {
        for (ulong divisor = 2; divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0)
            {
                return false;
            }
        }
        return number >= 2;
    }

    private static Balance Balancing(CompileScope scope, Cluster cluster)
    {
        switch (cluster.LbPolicy)
        {
            case Cluster.Types.LbPolicy.LeastRequest:
                return new Balance(LoadBalancingPolicy.LeastRequest, Slow(scope, cluster.LeastRequestLbConfig?.SlowStartConfig, "least_request"));
            case Cluster.Types.LbPolicy.Random:
                return new Balance(LoadBalancingPolicy.Random, null);
            case Cluster.Types.LbPolicy.RingHash:
                return new Balance(LoadBalancingPolicy.RingHash, null);
            case Cluster.Types.LbPolicy.Maglev:
                return new Balance(LoadBalancingPolicy.Maglev, null);
            default:
                return new Balance(LoadBalancingPolicy.RoundRobin, Slow(scope, cluster.RoundRobinLbConfig?.SlowStartConfig, "round_robin"));
        }
    }

    private static SlowStart? Slow(CompileScope scope, Cluster.Types.SlowStartConfig? slow, string policy)
    {
        long window = CompileScope.Milliseconds(slow?.SlowStartWindow, 0);
        double aggression = slow?.Aggression?.DefaultValue ?? 1;
        if (aggression <= 0)
        {
            scope.Refuse($"{policy}_lb_config.slow_start_config.aggression", $"{aggression} must be more than 0");
        }
        return window == 0 ? null : new SlowStart(window, aggression, (slow!.MinWeightPercent?.Value ?? 10) / 100);
    }

    private readonly record struct Balance(LoadBalancingPolicy Policy, SlowStart? SlowStart);

    private static Thresholds Limits(Cluster cluster, RoutingPriority priority)
    {
        CircuitBreakers.Types.Thresholds? set = cluster.CircuitBreakers?.Thresholds.FirstOrDefault(t => t.Priority == priority);
        return set is null ? Thresholds.EnvoyDefault : new Thresholds(
            set.MaxConnections ?? 1024, set.MaxPendingRequests ?? 1024, set.MaxRequests ?? 1024, set.MaxRetries ?? 3)
        {
            TracksRemaining = set.TrackRemaining,
            RetryBudget = set.RetryBudget is { } budget
                ? new RetryBudget(budget.BudgetPercent?.Value ?? 20, budget.MinRetryConcurrency ?? 3) : null,
        };
    }

    private static IpEndpoint Source(CompileScope scope, Cluster cluster)
    {
        if (cluster.UpstreamBindConfig?.SourceAddress is not { } source || source.Address.Length == 0)
        {
            return default;
        }
        if (!IpEndpoint.TryParse(source.Address, (int)source.PortValue, out IpEndpoint address))
        {
            scope.Refuse("upstream_bind_config.source_address.address", $"\"{source.Address}\" is not an IP address");
        }
        // 0.0.0.0 leaves the choice to the kernel.
        return address.IsAny ? default : address;
    }

    private static HttpProtocolOptions HttpOptions(CompileScope scope, Cluster cluster)
    {
        if (!cluster.TypedExtensionProtocolOptions.TryGetValue(HttpOptionsName, out Any? any))
        {
            return new HttpProtocolOptions();
        }
        string path = string.Create(CultureInfo.InvariantCulture, $"typed_extension_protocol_options[\"{HttpOptionsName}\"]");
        return scope.Unpack(any, HttpProtocolOptions.Parser, path) ?? new HttpProtocolOptions();
    }

    // Istio: with settings of its own a cluster's ALPN is not to be replaced by the ALPN filter.
    private static bool KeepsProtocols(Cluster cluster) =>
        cluster.Metadata?.FilterMetadata.TryGetValue("istio", out Struct? istio) == true
        && istio.Fields.TryGetValue("alpn_override", out Value? value) && value.StringValue == "false";

    private static (string, string)[] TransportMetadata(LbEndpoint endpoint) =>
        endpoint.Metadata?.FilterMetadata.TryGetValue("envoy.transport_socket_match", out Struct? match) == true ? Pairs(match) : [];

    private static (string, string)[] Pairs(Struct? match) =>
        [.. (match?.Fields ?? []).Select(f => (f.Key, f.Value.KindCase == Value.KindOneofCase.StringValue ? f.Value.StringValue : f.Value.ToString()))];
}
