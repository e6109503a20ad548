using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.TransportSockets;
using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Sockets;
using Lateen.Proxy.Telemetry;

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
}

/// <summary>Limits of a cluster for one priority (envoy.config.cluster.v3.CircuitBreakers.Thresholds); uint.MaxValue is "no limit".</summary>
internal sealed record Thresholds(uint MaxConnections, uint MaxPendingRequests, uint MaxRequests, uint MaxRetries)
{
    public static readonly Thresholds EnvoyDefault = new(1024, 1024, 1024, 3);
}

/// <summary>An endpoint as configuration names it.</summary>
internal sealed record EndpointConfig(
    IpEndpoint Address, string Hostname, uint Weight, HostHealth Health, Locality Locality, uint Priority, string WorkloadMetadata)
{
    /// <summary>Metadata envoy.transport_socket_match: which of the cluster's transport sockets it takes.</summary>
    public (string Key, string Value)[] TransportMatch { get; init; } = [];
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

    public int ConnectTimeoutMilliseconds { get; init; } = 5000;

    public Thresholds Default { get; init; } = Thresholds.EnvoyDefault;

    public Thresholds High { get; init; } = Thresholds.EnvoyDefault;

    /// <summary>upstream_bind_config.source_address.</summary>
    public IpEndpoint SourceAddress { get; init; }

    /// <summary>HTTP pool idle timeout; Envoy's default is one hour. 0: none.</summary>
    public long IdleTimeoutMilliseconds { get; init; } = 3_600_000;

    /// <summary>0: unlimited.</summary>
    public uint MaxRequestsPerConnection { get; init; }

    /// <summary>Percentage of healthy hosts below which all are used; Envoy's default is 50, 0 is never.</summary>
    public int PanicThreshold { get; init; } = 50;

    public bool LocalityWeighted { get; init; }

    public bool HasOutlierDetection { get; init; }

    /// <summary>The hosts of a STATIC cluster.</summary>
    public IReadOnlyList<EndpointConfig> StaticEndpoints { get; init; } = [];

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
    public UpstreamTls? Transport { get; init; }

    /// <summary>transport_socket_matches in order: the first that matches an endpoint goes before <see cref="Transport"/>.</summary>
    public TransportMatch[] TransportMatches { get; init; } = [];

    /// <summary>The TLS of connections to an endpoint; null: none.</summary>
    public UpstreamTls? TransportOf(EndpointConfig endpoint)
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
    public IEnumerable<SecretState> Secrets => TransportMatches.Select(m => m.Socket).Append(Transport)
        .SelectMany(t => t?.Source.Settings.Secrets ?? []);
}
