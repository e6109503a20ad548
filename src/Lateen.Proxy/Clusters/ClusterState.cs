using System.Globalization;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Health;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Clusters;

/// <summary>What outlives a cluster's configuration: its hosts, its threads' pools, its statistics. One per name; routes point to it.</summary>
/// <remarks>
/// Configuration and hosts are made when the cluster is first used: until then a cluster is the messages that told of it
/// (<see cref="DormantCluster"/>). <see cref="Gate"/> guards every change; the event loops read <see cref="Config"/> and <see cref="Hosts"/> without it.
/// </remarks>
internal sealed class ClusterState(string name, ICompileHost owner)
{
    private volatile ClusterConfig? _config;
    private volatile HostSet _hosts = HostSet.Empty;
    private volatile DormantCluster? _dormant;
    private StatScope? _stats;
    private ClusterWorker?[]? _workers;
    private int _overprovisioning = EndpointSet.DefaultOverprovisioning;

    public string Name { get; } = name;

    /// <summary>Held while hosts change.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The configuration in force, made if this is the first time that it is asked for; null while no cluster of this name is known (response flag NC).</summary>
    public ClusterConfig? Config => _config ?? (_dormant is null ? null : Wake());

    /// <summary>A cluster of this name is known; asking makes nothing.</summary>
    public bool IsKnown => _config is not null || _dormant is not null;

    /// <summary>alt_stat_name, else the name.</summary>
    public string ObservabilityName { get; private set; } = name;

    /// <summary>Name of its ClusterLoadAssignment; null if its endpoints come otherwise, or it is not known.</summary>
    public string? EdsServiceName { get; private set; }

    /// <summary>Secrets that its sockets refer to.</summary>
    public SecretState[] Secrets { get; private set; } = [];

    public HostSet Hosts => _hosts;

    /// <summary>What it will be made of; null once it was used.</summary>
    public DormantCluster? Dormant => _dormant;

    /// <summary>
    /// The cluster was added and its endpoints have not come yet: requests wait until this millisecond of the loops' clock (see
    /// ProxyOptions.WarmingTimeout); 0 when there is nothing to wait for.
    /// </summary>
    public long WarmingUntil { get; set; }

    public ClusterWorker?[] Workers => _workers ?? MakeWorkers();

    public StatScope Stats => _stats ??= NewStats();

    /// <summary>Null until a configuration with TLS is in use.</summary>
    public TlsStats? TlsStats { get; set; }

    public byte[] LogName { get; private set; } = [];

    /// <summary>Of the configuration in force; null until the cluster is used or where none is configured.</summary>
    public OutlierDetector? Outlier { get; private set; }

    public HealthChecker? Checker { get; private set; }

    /// <summary>What there is to count; of a cluster that nobody has used nothing is kept.</summary>
    public IEnumerable<StatScope> Scopes => _dormant is not null ? [_stats ?? NewStats()]
        : ((StatScope?[])[Stats, Breakers(false), Breakers(true), Outlier?.Stats, Checker?.Stats]).OfType<StatScope>();

    // Holds nothing: a cluster in use pays for these gauges only while they are read.
    private StatScope Breakers(bool isHigh) =>
        new($"{Stats.Prefix}circuit_breakers.{(isHigh ? "high" : "default")}.", StatNames.Breaker, 0) { Computed = stat => Breaker(stat, isHigh) };

    /// <summary>
    /// Takes the facts of a configuration that are needed before it is used, and the configuration itself where the cluster is not in use. Under
    /// <see cref="Gate"/>.
    /// </summary>
    /// <returns>False: the cluster is in use, see <see cref="Begin"/>.</returns>
    public bool Introduce(ClusterConfig config, DormantCluster dormant, SecretState[] secrets)
    {
        ObservabilityName = config.ObservabilityName == Name ? Name : config.ObservabilityName;
        EdsServiceName = config.Discovery != DiscoveryKind.Eds ? null : config.EdsServiceName == Name ? Name : config.EdsServiceName;
        Secrets = secrets;
        if (_config is not null && _dormant is null)
        {
            return false;
        }
        _dormant = dormant;
        _config = null;
        return true;
    }

    /// <summary>
    /// Takes another configuration (null: the cluster is gone) with hosts of its own; returns the hosts that are gone. A cluster in use stays in use: no
    /// request ever sees it without hosts. Under <see cref="Gate"/>.
    /// </summary>
    public Host[] Begin(ClusterConfig? config, EndpointSet endpoints, ClusterServices services)
    {
        Host[] old = _hosts.All;
        Checker?.Stop();
        (Outlier, Checker) = (null, null);
        if (config is null)
        {
            (EdsServiceName, Secrets) = (null, []);
            (_config, _dormant, _hosts) = (null, null, HostSet.Empty);
            return Retire(old);
        }
        Adopt(config);
        Watch(config, services);
        Take(endpoints, [], services);
        return Retire(old);
    }

    /// <summary>Takes other endpoints for a cluster in use; hosts whose address stays are kept. Returns the hosts that are gone. Under <see cref="Gate"/>.</summary>
    public Host[] Update(EndpointSet endpoints, ClusterServices services) => Take(endpoints, _hosts.All, services);

    /// <summary>Makes the hosts; afterwards the cluster can be used. Any thread.</summary>
    public void Activate(ClusterServices services)
    {
        if (_dormant is null)
        {
            return;
        }
        lock (Gate)
        {
            if (_dormant is not { } dormant || Config is not { } config)
            {
                return;
            }
            Watch(config, services);
            Take(dormant.Endpoints(config), [], services);
            _dormant = null;
        }
    }

    /// <summary>Sorts the hosts again after their health changed.</summary>
    public void Rebuild()
    {
        lock (Gate)
        {
            if (_config is { } config)
            {
                _hosts = HostSet.Build(_hosts.All, config, _overprovisioning);
            }
        }
    }

    // First use, on whichever thread it comes.
    private ClusterConfig? Wake()
    {
        lock (Gate)
        {
            if (_config is null && _dormant?.Compile() is { } config)
            {
                Adopt(config);
            }
            return _config;
        }
    }

    private void Adopt(ClusterConfig config)
    {
        LogName = System.Text.Encoding.UTF8.GetBytes(config.ObservabilityName);
        if (_stats is { } stats && stats.Prefix != $"cluster.{config.ObservabilityName}.")
        {
            _stats = NewStats();
        }
        if (config.HasTls)
        {
            TlsStats ??= new TlsStats(owner, $"cluster.{config.ObservabilityName}.ssl.");
        }
        _config = config;
    }

    private ClusterWorker?[] MakeWorkers()
    {
        Interlocked.CompareExchange(ref _workers, new ClusterWorker?[owner.Workers], null);
        return _workers;
    }

    private void Watch(ClusterConfig config, ClusterServices services)
    {
        if (config.Outlier is { } outlier)
        {
            OutlierDetector detector = new(
                outlier, new StatScope($"{Stats.Prefix}outlier_detection.", StatNames.Outlier, owner.Workers), services.Random, services.Now, Rebuild);
            Outlier = detector;
            services.Start(new OutlierTimer(services.Loop, detector, () => ReferenceEquals(Outlier, detector)).Start);
        }
        if (config.HealthCheck is { } check)
        {
            Checker = new HealthChecker(
                config, check, new StatScope($"{Stats.Prefix}health_check.", StatNames.Health, owner.Workers), services, OnHealthChanged,
                () => Stats.Sum((int)ClusterStat.UpstreamCxTotal) > 0);
        }
    }

    private Host[] Take(EndpointSet endpoints, Host[] keep, ClusterServices services)
    {
        Dictionary<(Lateen.Net.Sockets.IpEndpoint, uint), Host> kept = [];
        foreach (Host host in keep)
        {
            kept.TryAdd((host.Address, host.Config.Priority), host);
        }
        List<Host> hosts = new(endpoints.Endpoints.Count);
        foreach (EndpointConfig endpoint in endpoints.Endpoints)
        {
            if (kept.Remove((endpoint.Address, endpoint.Priority), out Host? host))
            {
                host.Config = endpoint;
            }
            else
            {
                host = new Host(endpoint, owner.Workers)
                {
                    HealthySince = services.Now(),
                    ActiveHealth = Checker is null || endpoint.IgnoresActiveChecks ? ActiveHealth.Passed : ActiveHealth.Pending,
                };
                host.Outlier = Outlier is null ? null : new OutlierMonitor(Outlier, host);
            }
            hosts.Add(host);
        }
        _overprovisioning = endpoints.Overprovisioning;
        _hosts = HostSet.Build([.. hosts], _config!, _overprovisioning);
        Outlier?.SetHosts([.. hosts.Select(h => h.Outlier!)]);
        Checker?.SetHosts(hosts);
        return Retire([.. kept.Values]);
    }

    private static Host[] Retire(Host[] hosts)
    {
        foreach (Host host in hosts)
        {
            host.IsRemoved = true;
        }
        return hosts;
    }

    private long Breaker(int stat, bool isHigh)
    {
        Thresholds limits = (isHigh ? _config?.High : _config?.Default) ?? Thresholds.EnvoyDefault;
        (uint limit, long sum) = (BreakerStat)stat switch
        {
            BreakerStat.CxOpen or BreakerStat.RemainingCx => (limits.MaxConnections, BreakerCounts.Sum(this, isHigh, static c => c.Connections)),
            BreakerStat.RqPendingOpen or BreakerStat.RemainingPending =>
                (limits.MaxPendingRequests, BreakerCounts.Sum(this, isHigh, static c => c.PendingRequests)),
            BreakerStat.RqOpen or BreakerStat.RemainingRq => (limits.MaxRequests, BreakerCounts.Sum(this, isHigh, static c => c.ActiveRequests)),
            BreakerStat.RqRetryOpen or BreakerStat.RemainingRetries => (limits.MaxRetries, BreakerCounts.Sum(this, isHigh, static c => c.ActiveRetries)),
            _ => (uint.MaxValue, 0),
        };
        return (BreakerStat)stat >= BreakerStat.RemainingCx
            ? limits.TracksRemaining ? Math.Max(limit - sum, 0) : 0
            : limit != uint.MaxValue && sum >= limit ? 1 : 0;
    }

    // Gauges that are looked up when read, so that a cluster in its list costs no memory for them; -1: counted.
    private long Gauge(int stat)
    {
        if (_dormant is { Membership: var (total, healthy, degraded) })
        {
            return (ClusterStat)stat switch
            {
                ClusterStat.MembershipTotal => total,
                ClusterStat.MembershipHealthy => healthy,
                ClusterStat.MembershipDegraded => degraded,
                _ => -1,
            };
        }
        Host[] all = _hosts.All;
        return (ClusterStat)stat switch
        {
            ClusterStat.MembershipTotal => all.Length,
            ClusterStat.MembershipHealthy => all.Count(h => h.Health == HostHealth.Healthy),
            ClusterStat.MembershipDegraded => all.Count(h => h.Health == HostHealth.Degraded),
            _ => -1,
        };
    }

    private StatScope NewStats() =>
        new($"cluster.{ObservabilityName}.", StatNames.Cluster, owner.Workers) { CodePrefix = "upstream_rq_", Computed = Gauge };

    private void OnHealthChanged(Host host, bool isHealthy)
    {
        if (isHealthy)
        {
            if (host.Outlier is { } monitor)
            {
                Outlier?.OnHealthy(monitor);
            }
        }
        Rebuild();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({_hosts.All.Length} hosts)");
}
