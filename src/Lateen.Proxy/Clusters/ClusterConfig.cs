using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Health;
using Lateen.Proxy.LoadBalancing;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Clusters;

/// <summary>How a cluster's hosts are found.</summary>
internal enum DiscoveryKind
{
    Static,
    Eds,
    OriginalDestination,
    StrictDns,
    LogicalDns,
}

/// <summary>How a host is chosen among those of one priority and locality.</summary>
internal enum LoadBalancingPolicy
{
    RoundRobin,
    LeastRequest,
    Random,
    RingHash,
    Maglev,
}

/// <summary>Limits of a cluster for one priority (envoy.config.cluster.v3.CircuitBreakers.Thresholds); uint.MaxValue is "no limit".</summary>
internal sealed record Thresholds(uint MaxConnections, uint MaxPendingRequests, uint MaxRequests, uint MaxRetries)
{
    public static readonly Thresholds EnvoyDefault = new(1024, 1024, 1024, 3);

    /// <summary>track_remaining: the gauges say how much is left.</summary>
    public bool TracksRemaining { get; init; }

    /// <summary>Takes the place of <see cref="MaxRetries"/> where configured.</summary>
    public RetryBudget? RetryBudget { get; init; }

    /// <summary>Retries that may be under way beside this many requests.</summary>
    public long RetryLimit(long activeRequests) => RetryBudget is not { } budget ? MaxRetries
        : Math.Max((long)(activeRequests * budget.Percent / 100), budget.MinimumConcurrency);
}

/// <summary>CircuitBreakers.Thresholds.RetryBudget: retries as a share of what is active and pending.</summary>
internal sealed record RetryBudget(double Percent, uint MinimumConcurrency);

/// <summary>An endpoint as configuration names it.</summary>
internal sealed record EndpointConfig(
    IpEndpoint Address, string Hostname, uint Weight, HostHealth Health, Locality Locality, uint Priority, string WorkloadMetadata)
{
    /// <summary>Metadata envoy.transport_socket_match: which of the cluster's transport sockets it takes.</summary>
    public (string Key, string Value)[] TransportMatch { get; init; } = [];

    /// <summary>Metadata envoy.lb hash_key: what hash policies know the host by; empty for its address.</summary>
    public string HashKey { get; init; } = "";

    /// <summary>health_check_config.disable_active_health_check.</summary>
    public bool IgnoresActiveChecks { get; init; }

    /// <summary>health_check_config.port_value; 0 is the port of <see cref="Address"/>.</summary>
    public int HealthPort { get; init; }
}

/// <summary>Where an endpoint is.</summary>
internal sealed record Locality(string Region, string Zone, string SubZone, uint Weight)
{
    public static readonly Locality None = new("", "", "", 0);
}

/// <summary>A name to be resolved by DNS, with what its addresses inherit.</summary>
internal sealed record DnsEndpointConfig(string Name, int Port, EndpointConfig Template);

/// <summary>A cluster, compiled from envoy.config.cluster.v3.Cluster. Immutable.</summary>
internal sealed class ClusterConfig
{
    public required string Name { get; init; }

    /// <summary>alt_stat_name, else the name.</summary>
    public required string ObservabilityName { get; init; }

    public required DiscoveryKind Discovery { get; init; }

    /// <summary>Name of the ClusterLoadAssignment; for EDS only.</summary>
    public string EdsServiceName { get; init; } = "";

    /// <summary>The service that this cluster stands for, as metadata names it; null if it names none.</summary>
    public MeshService? Service { get; init; }

    /// <summary>metadata.filter_metadata, for the access log; null if there is none.</summary>
    public IDictionary<string, Struct>? Metadata { get; init; }

    /// <summary>Metadata istio.external: outside of the mesh.</summary>
    public bool IsExternal { get; init; }

    public LoadBalancingPolicy Policy { get; init; }

    public int ChoiceCount { get; init; } = 2;

    /// <summary>Exponent of LEAST_REQUEST with weights; Envoy's default is 1.</summary>
    public double ActiveRequestBias { get; init; } = 1;

    /// <summary>Null: hosts take their full share at once.</summary>
    public SlowStart? SlowStart { get; init; }

    public ulong MinimumRingSize { get; init; } = 1024;

    public ulong MaximumRingSize { get; init; } = 8 * 1024 * 1024;

    public int MaglevTableSize { get; init; } = 65537;

    /// <summary>consistent_hashing_lb_config.use_hostname_for_hashing.</summary>
    public bool HashesHostnames { get; init; }

    /// <summary>consistent_hashing_lb_config.hash_balance_factor in percent; 0: loads are not bounded.</summary>
    public uint HashBalanceFactor { get; init; }

    public bool IsHashed => Policy is LoadBalancingPolicy.RingHash or LoadBalancingPolicy.Maglev;

    public int ConnectTimeoutMilliseconds { get; init; } = 5000;

    public Thresholds Default { get; init; } = Thresholds.EnvoyDefault;

    public Thresholds High { get; init; } = Thresholds.EnvoyDefault;

    /// <summary>upstream_bind_config.source_address.</summary>
    public IpEndpoint SourceAddress { get; init; }

    /// <summary>HTTP pool idle timeout; Envoy's default is one hour. 0: none.</summary>
    public long IdleTimeoutMilliseconds { get; init; } = 3_600_000;

    /// <summary>A connection older than this takes no further request (max_connection_duration); 0: it may live for ever.</summary>
    public long MaximumConnectionMilliseconds { get; init; }

    /// <summary>0: unlimited.</summary>
    public uint MaxRequestsPerConnection { get; init; }

    /// <summary>Percentage of healthy hosts below which all are used; Envoy's default is 50, 0 is never.</summary>
    public int PanicThreshold { get; init; } = 50;

    public bool LocalityWeighted { get; init; }

    /// <summary>Null: hosts are not watched.</summary>
    public OutlierConfig? Outlier { get; init; }

    public HealthCheckConfig? HealthCheck { get; init; }

    /// <summary>Null: the kernel's default, no probes.</summary>
    public TcpKeepalive? Keepalive { get; init; }

    /// <summary>TCP sessions and their hosts tell each other who they are (filters); null: they do not.</summary>
    public Tcp.PeerExchange? PeerExchange { get; init; }

    /// <summary>The hosts of a STATIC cluster.</summary>
    public EndpointSet StaticEndpoints { get; init; } = EndpointSet.Empty;

    public IReadOnlyList<DnsEndpointConfig> DnsEndpoints { get; init; } = [];

    public int DnsRefreshMilliseconds { get; init; } = 5000;

    /// <summary>Bodies kept for a retry, bytes (per_connection_buffer_limit_bytes, default 1 MiB).</summary>
    public int BufferLimit { get; init; } = 1024 * 1024;

    /// <summary>Trailer fields are carried over HTTP/1 (Http1ProtocolOptions.enable_trailers).</summary>
    public bool Http1Trailers { get; init; }

    /// <summary>The upstream speaks HTTP/2 (http2_protocol_options).</summary>
    public bool Http2 { get; init; }

    /// <summary>What an HTTP/2 server is granted.</summary>
    public Http2Limits Http2Limits { get; init; } = Http2Limits.Default;

    /// <summary>Streams on one connection; the server's own limit may be lower.</summary>
    public int Http2MaximumStreams { get; init; } = int.MaxValue;

    /// <summary>Uses the downstream's protocol (use_downstream_protocol_config): HTTP/2 only for an HTTP/2 request.</summary>
    public bool UseDownstreamProtocol { get; init; }

    /// <summary>transport_socket; null is raw_buffer.</summary>
    public UpstreamSocket? Transport { get; init; }

    /// <summary>transport_socket_matches in order: the first that matches an endpoint goes before <see cref="Transport"/>.</summary>
    public TransportMatch[] TransportMatches { get; init; } = [];

    /// <summary>Some connections tell their host who the client is: a connection serves one client then.</summary>
    public bool TellsClients { get; init; }

    /// <summary>auto_sni: the SNI is the host that the request asks for.</summary>
    public bool TakesServerName { get; init; }

    /// <summary>override_auto_sni_header: names the host in place of Host where it is there; empty: none.</summary>
    public byte[] ServerNameHeader { get; init; } = [];

    /// <summary>auto_san_validation: the certificate must be for that host.</summary>
    public bool ChecksServerName { get; init; }

    public bool HasTls => Sockets.Any(s => s.Tls is not null);

    /// <summary>The transport socket of connections to an endpoint; null: none.</summary>
    public UpstreamSocket? TransportOf(EndpointConfig endpoint)
    {
        foreach (TransportMatch match in TransportMatches)
        {
            if (match.Matches(endpoint.TransportMatch))
            {
                return match.Socket;
            }
        }
        return Transport;
    }

    /// <summary>Secrets that its sockets refer to.</summary>
    public IEnumerable<SecretState> Secrets => Sockets.SelectMany(s => s.Tls?.Source.Settings.Secrets ?? []);

    /// <summary>Certificates or roots are in the cluster itself, perhaps as files, not in secrets.</summary>
    public bool HasOwnTlsMaterial =>
        Sockets.Any(s => s.Tls?.Source.Settings is { KeyPairs.Length: > 0 } or { Validation.TrustedRoots.IsEmpty: false });

    private IEnumerable<UpstreamSocket> Sockets => TransportMatches.Select(m => m.Socket).Append(Transport).OfType<UpstreamSocket>();
}

/// <summary>upstream_connection_options.tcp_keepalive in seconds; 0 leaves the kernel's value.</summary>
internal sealed record TcpKeepalive(int Probes, int TimeSeconds, int IntervalSeconds)
{
    public void Apply(int fd)
    {
        LibC.SetOption(fd, LibC.SolSocket, LibC.SoKeepAlive, 1);
        Set(fd, LibC.TcpKeepCount, Probes);
        Set(fd, LibC.TcpKeepIdle, TimeSeconds);
        Set(fd, LibC.TcpKeepInterval, IntervalSeconds);
    }

    private static void Set(int fd, int option, int value)
    {
        if (value > 0)
        {
            LibC.SetOption(fd, LibC.SolTcp, option, value);
        }
    }
}
