using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Local;

namespace Lateen.Proxy;

/// <summary>Host settings of the data plane. Everything about traffic comes by xDS.</summary>
public sealed class ProxyOptions
{
    /// <summary>Number of event-loop threads; Istio's default is 2. 1 to 256.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>The node id, shown in server_info and sent as x-envoy-peer-metadata-id.</summary>
    public string NodeId { get; init; } = "";

    /// <summary>The service cluster of the node (x-envoy-downstream-service-cluster).</summary>
    public string NodeCluster { get; init; } = "";

    /// <summary>The node's metadata: who this workload is, for metric labels and for its peers.</summary>
    public Struct NodeMetadata { get; init; } = new();

    /// <summary>The bootstrap's Zipkin, <c>host:port</c>, for listeners that trace and name no provider; empty: none.</summary>
    public string ZipkinAddress { get; init; } = "";

    /// <summary>Environment variables that logs and tags of spans may show.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The version in istio_build.</summary>
    public string Version { get; init; } = "unknown";

    /// <summary>How many series of Istio's metrics are kept, default 10,000 (about 2 KB each for a histogram).</summary>
    public int MaximumMetricSeries { get; init; } = 10_000;

    /// <summary>The proxy's own pages: admin, status, health, metrics. Opened by <see cref="ProxyServer.RunAsync"/>.</summary>
    public IReadOnlyList<LocalListener> LocalListeners { get; init; } = [];

    /// <summary>How long a replaced listener's connections may go on, default 45 s (Istio's terminationDrainDuration is the agent's).</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>File behind the access-log path /dev/stdout; tests name a file here.</summary>
    public string StandardOutputPath { get; init; } = "/dev/stdout";

    /// <summary>How long a request waits for the endpoints of a cluster that was just added, default 15 s (Envoy: initial_fetch_timeout).</summary>
    public TimeSpan WarmingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long readiness waits for the workload's certificates, default 15 s; then plain traffic is better than none.</summary>
    public TimeSpan CertificateTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
