using Lateen.Proxy.Clusters;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Health;

/// <summary>Checks the hosts of one cluster from the first loop, each on its own clock, and tells the cluster what has changed.</summary>
internal sealed class HealthChecker(
    ClusterConfig cluster, HealthCheckConfig config, StatScope stats, ClusterServices services, Action<Host, bool> onChanged, Func<bool> hasTraffic)
{
    private readonly Dictionary<Host, HealthProbe> _probes = [];
    private bool _stopped;

    public StatScope Stats => stats;

    public ClusterConfig Cluster => cluster;

    public HealthCheckConfig Config => config;

    public ClusterServices Services => services;

    /// <summary>Takes the hosts in force. Any thread.</summary>
    public void SetHosts(IReadOnlyList<Host> hosts) => services.Start(() => Reconcile(hosts));

    public void Stop() => services.Start(() =>
    {
        _stopped = true;
        Reconcile([]);
    });

    internal void Count(HealthStat stat) => stats.For(services.Loop.Index).Values[(int)stat]++;

    /// <summary>A check has ended; on the first loop.</summary>
    internal void OnResult(HealthProbe probe, CheckResult result)
    {
        bool passed = result is CheckResult.Passed or CheckResult.PassedDegraded;
        Count(passed ? HealthStat.Success : HealthStat.Failure);
        if (result == CheckResult.NetworkFailure)
        {
            Count(HealthStat.NetworkFailure);
        }
        Host host = probe.Host;
        if (probe.Check.Take(result))
        {
            host.ActiveHealth = !probe.Check.IsHealthy ? ActiveHealth.Failed : probe.Check.IsDegraded ? ActiveHealth.Degraded : ActiveHealth.Passed;
            if (probe.Check.IsHealthy && probe.Check.HasTurned)
            {
                host.HealthySince = services.Now();
            }
            CountHosts();
            onChanged(host, probe.Check.IsHealthy);
        }
    }

    internal long NextDelay(HealthProbe probe)
    {
        long interval = probe.Check.NextInterval(hasTraffic());
        long jitter = config.IntervalJitterMilliseconds + (interval * config.IntervalJitterPercent / 100);
        return interval + (jitter > 0 ? services.Random.NextInt64(jitter) : 0);
    }

    private void Reconcile(IReadOnlyList<Host> hosts)
    {
        HashSet<Host> wanted = _stopped ? [] : [.. hosts.Where(h => !h.Config.IgnoresActiveChecks)];
        foreach ((Host host, HealthProbe probe) in _probes.Where(p => !wanted.Contains(p.Key)).ToList())
        {
            probe.End();
            _probes.Remove(host);
        }
        foreach (Host host in wanted.Where(h => !_probes.ContainsKey(h)))
        {
            HealthProbe probe = new(this, host);
            _probes.Add(host, probe);
            probe.Begin(config.InitialJitterMilliseconds > 0 ? services.Random.NextInt64(config.InitialJitterMilliseconds) : 0);
        }
        CountHosts();
    }

    private void CountHosts()
    {
        long[] values = stats.For(services.Loop.Index).Values;
        values[(int)HealthStat.Healthy] = _probes.Values.Count(p => p.Check.IsHealthy);
        values[(int)HealthStat.Degraded] = _probes.Values.Count(p => p.Check.IsDegraded);
    }
}
