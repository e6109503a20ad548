namespace Lateen.Proxy.Health;

/// <summary>envoy.config.core.v3.HealthCheck, compiled; the defaults are Envoy's. Immutable.</summary>
internal sealed record HealthCheckConfig
{
    public required long TimeoutMilliseconds { get; init; }

    public required long IntervalMilliseconds { get; init; }

    public required int UnhealthyThreshold { get; init; }

    public required int HealthyThreshold { get; init; }

    /// <summary>The interval of a host that has failed.</summary>
    public long UnhealthyIntervalMilliseconds { get; init; }

    /// <summary>The interval after a host's state has just turned to unhealthy, to healthy.</summary>
    public long UnhealthyEdgeIntervalMilliseconds { get; init; }

    public long HealthyEdgeIntervalMilliseconds { get; init; }

    /// <summary>The interval while the cluster has never been called.</summary>
    public long NoTrafficIntervalMilliseconds { get; init; } = 60_000;

    public long NoTrafficHealthyIntervalMilliseconds { get; init; } = 60_000;

    public long InitialJitterMilliseconds { get; init; }

    public long IntervalJitterMilliseconds { get; init; }

    public int IntervalJitterPercent { get; init; }

    /// <summary>What is sent: an HTTP request, the bytes of a TCP check, or nothing (a connection is enough).</summary>
    public byte[] Request { get; init; } = [];

    /// <summary>The check speaks HTTP/1.1; else it is a TCP check.</summary>
    public bool IsHttp { get; init; }

    /// <summary>The check is a gRPC call; null: it is not.</summary>
    public GrpcCheckConfig? Grpc { get; init; }

    /// <summary>Statuses that pass: [start, end).</summary>
    public (int Start, int End)[] ExpectedStatuses { get; init; } = [(200, 201)];

    /// <summary>Statuses that count as one failure towards the threshold; any other unexpected one fails the host at once.</summary>
    public (int Start, int End)[] RetriableStatuses { get; init; } = [];

    /// <summary>x-envoy-upstream-healthchecked-cluster of the answer must match; null: not looked at.</summary>
    public Routing.StringMatcher? ServiceName { get; init; }

    /// <summary>Bytes of a TCP check's answer, to be found one after the other.</summary>
    public byte[][] Expected { get; init; } = [];
}
