using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using HttpOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Lateen.Translation.Clusters;

/// <summary>DestinationRule.connectionPool: limits, time-outs and the protocol spoken upstream.</summary>
internal static class ConnectionPools
{
    private const string HttpOptionsName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    /// <summary>Thresholds that never bind, with the remaining resources counted.</summary>
    public static CircuitBreakers NoLimits() => new() { Thresholds = { Unlimited() } };

    public static void Apply(Cluster cluster, ConnectionPoolSettings? pool, Protocol protocol, MeshConfig mesh)
    {
        var thresholds = cluster.CircuitBreakers.Thresholds[0];
        var options = new HttpOptions();
        var http = pool?.Http;
        if (http is not null)
        {
            thresholds.MaxPendingRequests = Positive(http.Http1MaxPendingRequests) ?? thresholds.MaxPendingRequests;
            thresholds.MaxRequests = Positive(http.Http2MaxRequests) ?? thresholds.MaxRequests;
            thresholds.MaxRetries = Positive(http.MaxRetries) ?? thresholds.MaxRetries;
        }

        if (pool?.Tcp is { } tcp)
        {
            thresholds.MaxConnections = Positive(tcp.MaxConnections) ?? thresholds.MaxConnections;
            if (tcp.ConnectTimeout is { } timeout)
            {
                cluster.ConnectTimeout = timeout.ToDuration();
            }
        }

        var common = new HttpProtocolOptions();
        var hasCommon = false;
        if (http?.IdleTimeout is { } idle)
        {
            common.IdleTimeout = idle.ToDuration();
            hasCommon = true;
        }

        if (http is { MaxRequestsPerConnection: > 0 })
        {
            common.MaxRequestsPerConnection = (uint)http.MaxRequestsPerConnection;
            hasCommon = true;
        }

        if (pool?.Tcp?.MaxConnectionDuration is { } duration)
        {
            common.MaxConnectionDuration = duration.ToDuration();
            hasCommon = true;
        }

        if (hasCommon)
        {
            options.CommonHttpProtocolOptions = common;
        }

        SetProtocol(options, http, protocol, mesh);
        if (options.UpstreamProtocolOptionsCase == HttpOptions.UpstreamProtocolOptionsOneofCase.None && hasCommon)
        {
            // The message requires a choice; HTTP/1.1 is what Envoy speaks without one.
            options.ExplicitHttpConfig = new() { HttpProtocolOptions = new() };
        }

        if (options.UpstreamProtocolOptionsCase != HttpOptions.UpstreamProtocolOptionsOneofCase.None)
        {
            cluster.TypedExtensionProtocolOptions[HttpOptionsName] = options.Pack();
        }
    }

    /// <summary>Whether the cluster speaks HTTP/2 without asking, which ALPN has to say.</summary>
    public static bool IsHttp2(Cluster cluster) =>
        cluster.TypedExtensionProtocolOptions.TryGetValue(HttpOptionsName, out var any)
        && HttpOptions.Parser.ParseFrom(any.Value).ExplicitHttpConfig?.Http2ProtocolOptions is not null;

    private static void SetProtocol(HttpOptions options, HttpConnectionPool? http, Protocol protocol, MeshConfig mesh)
    {
        var http2 = new Http2ProtocolOptions();
        if (http is { MaxConcurrentStreams: > 0 })
        {
            http2.MaxConcurrentStreams = (uint)http.MaxConcurrentStreams;
        }

        if (http?.UseClientProtocol == true)
        {
            options.UseDownstreamProtocolConfig = new() { HttpProtocolOptions = new(), Http2ProtocolOptions = http2 };
        }
        else if (protocol.IsHttp2() || Upgrades(http, protocol, mesh))
        {
            options.ExplicitHttpConfig = new() { Http2ProtocolOptions = http2 };
        }
        else if (protocol.IsUnsupported())
        {
            // Detected ports: what the caller speaks is spoken on.
            options.UseDownstreamProtocolConfig = new() { HttpProtocolOptions = new(), Http2ProtocolOptions = http2 };
        }
    }

    /// <summary>Whether HTTP/1.1 is turned into HTTP/2: the rule decides, then the mesh.</summary>
    private static bool Upgrades(HttpConnectionPool? http, Protocol protocol, MeshConfig mesh)
    {
        // Who asks for it in a rule knows that HTTP is spoken there; the mesh's default only holds where a port says so.
        return http?.H2UpgradePolicy switch
        {
            H2UpgradePolicy.Upgrade => true,
            H2UpgradePolicy.DoNotUpgrade => false,
            _ => protocol == Protocol.Http && mesh.H2UpgradePolicy == H2UpgradePolicy.Upgrade,
        };
    }

    private static CircuitBreakers.Types.Thresholds Unlimited() => new()
    {
        MaxConnections = uint.MaxValue,
        MaxPendingRequests = uint.MaxValue,
        MaxRequests = uint.MaxValue,
        MaxRetries = uint.MaxValue,
        TrackRemaining = true,
    };

    private static uint? Positive(int value) => value > 0 ? (uint)value : null;
}
