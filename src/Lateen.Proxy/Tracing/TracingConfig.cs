using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Export;

namespace Lateen.Proxy.Tracing;

/// <summary>Tracing of a connection manager (HttpConnectionManager.Tracing), compiled. Immutable.</summary>
internal sealed class TracingConfig
{
    /// <summary>Hundredths of a percent of requests that bring x-client-trace-id.</summary>
    public required int ClientShare { get; init; }

    /// <summary>Hundredths of a percent of all other requests.</summary>
    public required int RandomShare { get; init; }

    /// <summary>Hundredths of a percent that stay traced whatever decided it.</summary>
    public required int OverallShare { get; init; }

    /// <summary>The listener carries calls of this workload: spans are the client's.</summary>
    public required bool IsEgress { get; init; }

    /// <summary>The way to the upstream gets a span of its own.</summary>
    public bool SpansUpstream { get; init; }

    public int MaximumPathLength { get; init; } = 256;

    public (string Name, LogValue Value, string Default)[] CustomTags { get; init; } = [];

    public bool WritesB3 { get; init; }

    public bool WritesW3C { get; init; }

    public bool Is128 { get; init; }

    public required string ServiceName { get; init; }

    public required ExportQueue<SpanRecord> Queue { get; init; }
}
