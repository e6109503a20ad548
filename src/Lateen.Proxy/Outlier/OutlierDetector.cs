using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Outlier;

/// <summary>Takes hosts that answer worse than they should out of load balancing, and back in after a time that grows (Envoy: outlier detection).</summary>
/// <remarks>Threads meet here only when a limit is reached and at each interval; both are rare, hence a plain lock. Does no I/O and reads no clock.</remarks>
internal sealed class OutlierDetector(OutlierConfig config, StatScope stats, Random random, Func<long> now, Action onChanged)
{
    private readonly Lock _lock = new();
    private readonly StatBlock _stats = stats.For(0);
    private OutlierMonitor[] _monitors = [];
    private int _ejected;

    public OutlierConfig Config => config;

    public StatScope Stats => stats;

    /// <summary>Mean success rate and the threshold of the last interval in percent, -1 without; then the same of local origin.</summary>
    public (double Average, double Threshold) SuccessRate { get; private set; } = (-1, -1);

    public (double Average, double Threshold) LocalOriginSuccessRate { get; private set; } = (-1, -1);

    /// <summary>Takes the hosts in force; those that went lose their place among the ejected.</summary>
    public void SetHosts(IReadOnlyList<OutlierMonitor> monitors)
    {
        lock (_lock)
        {
            _monitors = [.. monitors];
            _ejected = monitors.Count(m => m.Ejected != OutlierReason.None);
            _stats.Values[(int)OutlierStat.EjectionsActive] = _ejected;
        }
    }

    /// <summary>A consecutive limit was reached.</summary>
    public void OnLimit(OutlierMonitor monitor, OutlierReason reason)
    {
        bool changed;
        lock (_lock)
        {
            changed = TryEject(monitor, reason);
        }
        if (changed)
        {
            onChanged();
        }
    }

    /// <summary>A passing active health check brings the host back at once.</summary>
    public void OnHealthy(OutlierMonitor monitor)
    {
        bool changed;
        lock (_lock)
        {
            changed = monitor.Ejected != OutlierReason.None;
            if (changed)
            {
                Readmit(monitor);
            }
        }
        if (changed)
        {
            onChanged();
        }
    }

    /// <summary>An interval has ended.</summary>
    public void Tick()
    {
        bool changed = false;
        lock (_lock)
        {
            long time = now();
            foreach (OutlierMonitor monitor in _monitors)
            {
                if (monitor.Ejected == OutlierReason.None)
                {
                    monitor.Multiplier = Math.Max(0, monitor.Multiplier - 1);
                }
                else if (time - monitor.EjectedAt >= EjectionTime(monitor))
                {
                    Readmit(monitor);
                    changed = true;
                }
                monitor.Answers.Turn(1);
                monitor.LocalOrigin.Turn(1);
            }
            changed |= EjectByRate();
        }
        if (changed)
        {
            onChanged();
        }
    }

    private long EjectionTime(OutlierMonitor monitor) =>
        Math.Min(config.BaseEjectionMilliseconds * monitor.Multiplier, MaximumTime) + monitor.Jitter;

    // Envoy, max_ejection_time: never less than base_ejection_time.
    private long MaximumTime => Math.Max(config.MaximumEjectionMilliseconds, config.BaseEjectionMilliseconds);

    private bool EjectByRate()
    {
        bool changed = false;
        SuccessRate = Judge(OutlierReason.SuccessRate, static m => m.Answers, ref changed);
        JudgeFailures(OutlierReason.FailurePercentage, static m => m.Answers, ref changed);
        if (config.SplitsLocalOrigin)
        {
            LocalOriginSuccessRate = Judge(OutlierReason.LocalOriginSuccessRate, static m => m.LocalOrigin, ref changed);
            JudgeFailures(OutlierReason.LocalOriginFailurePercentage, static m => m.LocalOrigin, ref changed);
        }
        return changed;
    }

    private (double Average, double Threshold) Judge(OutlierReason reason, Func<OutlierMonitor, RateCounter> counter, ref bool changed)
    {
        OutlierMonitor[] valid = Array.FindAll(_monitors, m => m.Ejected == OutlierReason.None && counter(m).Volume >= config.SuccessRateRequestVolume);
        if (valid.Length < Math.Max(config.SuccessRateMinimumHosts, 1))
        {
            return (-1, -1);
        }
        double mean = valid.Average(m => counter(m).Last);
        double deviation = Math.Sqrt(valid.Average(m => Math.Pow(counter(m).Last - mean, 2)));
        double threshold = mean - (config.SuccessRateStdevFactor / 1000.0 * deviation);
        foreach (OutlierMonitor monitor in valid)
        {
            changed |= counter(monitor).Last < threshold && TryEject(monitor, reason);
        }
        return (mean, threshold);
    }

    private void JudgeFailures(OutlierReason reason, Func<OutlierMonitor, RateCounter> counter, ref bool changed)
    {
        OutlierMonitor[] valid = Array.FindAll(
            _monitors, m => m.Ejected == OutlierReason.None && counter(m).Volume >= Math.Max(config.FailurePercentageRequestVolume, 1));
        if (valid.Length < config.FailurePercentageMinimumHosts)
        {
            return;
        }
        foreach (OutlierMonitor monitor in valid)
        {
            changed |= 100 - counter(monitor).Last >= config.FailurePercentageThreshold && TryEject(monitor, reason);
        }
    }

    private bool TryEject(OutlierMonitor monitor, OutlierReason reason)
    {
        if (monitor.Ejected != OutlierReason.None)
        {
            return false;
        }
        _stats.Values[(int)OutlierStats.Detected(reason)]++;
        if (_ejected > 0 && 100 * (_ejected + 1) > config.MaximumEjectionPercent * _monitors.Length)
        {
            _stats.Values[(int)OutlierStat.EjectionsOverflow]++;
            return false;
        }
        if (random.Next(100) >= config.Enforcing(reason))
        {
            return false;
        }
        monitor.Ejected = reason;
        monitor.EjectedAt = now();
        monitor.Jitter = config.JitterMilliseconds > 0 ? random.NextInt64(config.JitterMilliseconds) : 0;
        if (config.BaseEjectionMilliseconds * monitor.Multiplier < MaximumTime + config.BaseEjectionMilliseconds)
        {
            monitor.Multiplier++;
        }
        _ejected++;
        _stats.Values[(int)OutlierStat.EjectionsActive] = _ejected;
        _stats.Values[(int)OutlierStat.EjectionsEnforcedTotal]++;
        _stats.Values[(int)OutlierStats.Enforced(reason)]++;
        return true;
    }

    private void Readmit(OutlierMonitor monitor)
    {
        monitor.Ejected = OutlierReason.None;
        monitor.Reset();
        monitor.Host.HealthySince = now();
        _ejected--;
        _stats.Values[(int)OutlierStat.EjectionsActive] = _ejected;
    }
}
