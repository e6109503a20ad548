using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Clusters;

/// <summary>What outlives a cluster's configuration: its hosts, its threads' pools, its statistics. One per name; routes point to it.</summary>
internal sealed class ClusterState(string name, int workers)
{
    private volatile ClusterConfig? _config;
    private volatile HostSet _hosts = HostSet.Empty;

    public string Name { get; } = name;

    /// <summary>The configuration in force; null while no cluster of this name is known (response flag NC).</summary>
    public ClusterConfig? Config
    {
        get => _config;
        set => _config = value;
    }

    public HostSet Hosts
    {
        get => _hosts;
        set => _hosts = value;
    }

    /// <summary>
    /// The cluster was added and its endpoints have not come yet: requests wait until this millisecond of the loops' clock (see
    /// ProxyOptions.WarmingTimeout); 0 when there is nothing to wait for.
    /// </summary>
    public long WarmingUntil { get; set; }

    public ClusterWorker?[] Workers { get; } = new ClusterWorker?[workers];

    public StatScope Stats { get; private set; } = new($"cluster.{name}.", StatNames.Cluster, workers) { CodePrefix = "upstream_rq_" };

    /// <summary>Null until a configuration with TLS has come.</summary>
    public TlsStats? TlsStats { get; set; }

    public byte[] LogName { get; private set; } = [];

    /// <summary>Takes the observability name of a new configuration.</summary>
    public void Rename(string observabilityName, int workerCount)
    {
        LogName = System.Text.Encoding.UTF8.GetBytes(observabilityName);
        if (Stats.Prefix != $"cluster.{observabilityName}.")
        {
            Stats = new StatScope($"cluster.{observabilityName}.", StatNames.Cluster, workerCount) { CodePrefix = "upstream_rq_" };
        }
    }
}
