using Lateen.Proxy.Expressions;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>The stats filter (stats.PluginConfig), compiled for one listener's direction. Immutable but for the threads' caches.</summary>
internal sealed class IstioStatsConfig
{
    /// <summary>Report as the destination: the listener takes the workload's own traffic.</summary>
    public required bool IsDestination { get; init; }

    public required Workload Own { get; init; }

    public required MeshSeriesRegistry Registry { get; init; }

    /// <summary>A service that no metadata names is called by the Host header (outbound sidecars only).</summary>
    public bool UsesHostFallback { get; init; }

    /// <summary>By <see cref="MeshMetrics"/>; null: switched off.</summary>
    public required MeshMetric?[] Metrics { get; init; }

    public Expression[] Expressions { get; init; } = [];

    public long TcpReportMilliseconds { get; init; } = 5000;

    /// <summary>0: series stay until the budget is used up.</summary>
    public long RotationMilliseconds { get; init; }

    /// <summary>Each thread's groups of series by what their labels depend on.</summary>
    public required SeriesCache[] Caches { get; init; }
}

/// <summary>Indices of the metrics in <see cref="IstioStatsConfig.Metrics"/>.</summary>
internal static class MeshMetrics
{
    public const int Requests = 0, Duration = 1, RequestBytes = 2, ResponseBytes = 3, RequestMessages = 4, ResponseMessages = 5,
        TcpOpened = 6, TcpClosed = 7, TcpSent = 8, TcpReceived = 9;

    /// <summary>Name, name in Telemetry's overrides, histogram or not, and whether TCP sessions write it.</summary>
    public static readonly (string Name, string ConfigName, bool IsHistogram, bool IsTcp)[] All =
    [
        ("istio_requests_total", "requests_total", false, false),
        ("istio_request_duration_milliseconds", "request_duration_milliseconds", true, false),
        ("istio_request_bytes", "request_bytes", true, false),
        ("istio_response_bytes", "response_bytes", true, false),
        ("istio_request_messages_total", "request_messages_total", false, false),
        ("istio_response_messages_total", "response_messages_total", false, false),
        ("istio_tcp_connections_opened_total", "tcp_connections_opened_total", false, true),
        ("istio_tcp_connections_closed_total", "tcp_connections_closed_total", false, true),
        ("istio_tcp_sent_bytes_total", "tcp_sent_bytes_total", false, true),
        ("istio_tcp_received_bytes_total", "tcp_received_bytes_total", false, true),
    ];

    /// <summary>Streams of that protocol write that metric.</summary>
    public static bool IsOf(int metric, MeshProtocol protocol) => protocol switch
    {
        MeshProtocol.Tcp => All[metric].IsTcp,
        MeshProtocol.Grpc => !All[metric].IsTcp,
        _ => !All[metric].IsTcp && metric is not (RequestMessages or ResponseMessages),
    };
}
