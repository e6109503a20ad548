using System.Globalization;
using Lateen.Proxy.Health;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Clusters;

/// <summary>What outlives a cluster's configuration: its hosts, its threads' pools, its statistics. One per name; routes point to it.</summary>
/// <remarks>
/// Hosts are made when the cluster is first used: until then a cluster is its configuration and its list of endpoints. <see cref="Gate"/> guards
/// every change of the hosts; the event loops read <see cref="Hosts"/> without it.
/// </remarks>
internal sealed class ClusterState(string name, int workers)
{
    private volatile ClusterConfig? _config;
    private volatile HostSet _hosts = HostSet.Empty;
    private EndpointSet? _waiting;
    private StatScope? _stats;
    private int _overprovisioning = EndpointSet.DefaultOverprovisioning;

    public string Name { get; } = name;

    /// <summary>Held while hosts change.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The configuration in force; null while no cluster of this name is known (response flag NC).</summary>
    public ClusterConfig? Config
    {
        get => _config;
        set => _config = value;
    }

    public HostSet Hosts => _hosts;

    /// <summary>Endpoints whose hosts are not made yet; null once they are.</summary>
    public EndpointSet? Waiting => _waiting;

    /// <summary>
    /// The cluster was added and its endpoints have not come yet: requests wait until this millisecond of the loops' clock (see
    /// ProxyOptions.WarmingTimeout); 0 when there is nothing to wait for.
    /// </summary>
    public long WarmingUntil { get; set; }

    public ClusterWorker?[] Workers { get; } = new ClusterWorker?[workers];

    public StatScope Stats => _stats ??= NewStats(Name);

    /// <summary>Null until a configuration with TLS has come.</summary>
    public TlsStats? TlsStats { get; set; }

    public byte[] LogName { get; private set; } = [];

    /// <summary>Of the configuration in force; null until the cluster is used or where none is configured.</summary>
    public OutlierDetector? Outlier { get; private set; }

    public HealthChecker? Checker { get; private set; }

    public IEnumerable<StatScope> Scopes =>
        ((StatScope?[])[Stats, _waiting is null ? Breakers(false) : null, _waiting is null ? Breakers(true) : null, Outlier?.Stats, Checker?.Stats])
        .OfType<StatScope>();

    // Holds nothing: a cluster in use pays for these gauges only while they are read.
    private StatScope Breakers(bool isHigh) =>
        new($"{Stats.Prefix}circuit_breakers.{(isHigh ? "high" : "default")}.", StatNames.Breaker, 0) { Computed = stat => Breaker(stat, isHigh) };

    /// <summary>Takes the observability name of a new configuration.</summary>
    public void Rename(string observabilityName)
    {
        LogName = System.Text.Encoding.UTF8.GetBytes(observabilityName);
        if (Stats.Prefix != $"cluster.{observabilityName}.")
        {
            _stats = NewStats(observabilityName);
        }
    }

    /// <summary>
    /// Takes a configuration (null: the cluster is gone) with hosts of its own; returns the hosts that are gone. A cluster in use stays in use: no
    /// request ever sees it without hosts. Under <see cref="Gate"/>.
    /// </summary>
    public Host[] Begin(ClusterConfig? config, EndpointSet endpoints, ClusterServices services)
    {
        Host[] old = _hosts.All;
        Checker?.Stop();
        (Outlier, Checker) = (null, null);
        if (config is null)
        {
            _config = null;
            (_waiting, _hosts) = (null, HostSet.Empty);
            return Retire(old);
        }
        if (_config is null || _waiting is not null)
        {
            _waiting = endpoints;
            _config = config;
            return [];
        }
        _config = config;
        Watch(config, services);
        Take(endpoints, [], services);
        return Retire(old);
    }

    /// <summary>Takes other endpoints; hosts whose address stays are kept. Returns the hosts that are gone. Under <see cref="Gate"/>.</summary>
    public Host[] Update(EndpointSet endpoints, ClusterServices services)
    {
        if (_waiting is not null)
        {
            _waiting = endpoints;
            return [];
        }
        return Take(endpoints, _hosts.All, services);
    }

    /// <summary>Makes the hosts; afterwards the cluster can be used. Any thread.</summary>
    public void Activate(ClusterServices services)
    {
        if (_waiting is null)
        {
            return;
        }
        lock (Gate)
        {
            if (_waiting is not { } endpoints || _config is not { } config)
            {
                return;
            }
            Watch(config, services);
            Take(endpoints, [], services);
            _waiting = null;
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

    private void Watch(ClusterConfig config, ClusterServices services)
    {
        if (config.Outlier is { } outlier)
        {
            OutlierDetector detector = new(
                outlier, new StatScope($"{Stats.Prefix}outlier_detection.", StatNames.Outlier, workers), services.Random, services.Now, Rebuild);
            Outlier = detector;
            services.Start(new OutlierTimer(services.Loop, detector, () => ReferenceEquals(Outlier, detector)).Start);
        }
        if (config.HealthCheck is { } check)
        {
            Checker = new HealthChecker(
                config, check, new StatScope($"{Stats.Prefix}health_check.", StatNames.Health, workers), services, OnHealthChanged,
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
                host = new Host(endpoint, workers)
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
        Host[] all = _hosts.All;
        return (ClusterStat)stat switch
        {
            ClusterStat.MembershipTotal => _waiting?.Endpoints.Count ?? all.Length,
            ClusterStat.MembershipHealthy =>
                _waiting?.Endpoints.Count(e => e.Health == HostHealth.Healthy) ?? all.Count(h => h.Health == HostHealth.Healthy),
            ClusterStat.MembershipDegraded =>
                _waiting?.Endpoints.Count(e => e.Health == HostHealth.Degraded) ?? all.Count(h => h.Health == HostHealth.Degraded),
            _ => -1,
        };
    }

    private StatScope NewStats(string observabilityName) =>
        new($"cluster.{observabilityName}.", StatNames.Cluster, workers) { CodePrefix = "upstream_rq_", Computed = Gauge };

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
