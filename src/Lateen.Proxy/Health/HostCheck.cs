namespace Lateen.Proxy.Health;

/// <summary>What one check found.</summary>
internal enum CheckResult
{
    Passed,
    PassedDegraded,

    /// <summary>No connection, no answer in time, or an answer that says "try again" (retriable status): counts towards the threshold.</summary>
    NetworkFailure,

    /// <summary>The host itself says that it is not well: no threshold is waited for.</summary>
    Refused,
}

/// <summary>One host's health as its checks tell it: results in, state and the time of the next check out.</summary>
/// <remarks>
/// Envoy, "Health checking": the first result counts at once; later a host turns healthy after healthy_threshold passes, unhealthy after
/// unhealthy_threshold network failures or one refusal.
/// </remarks>
internal sealed class HostCheck(HealthCheckConfig config, bool startsFailed)
{
    private bool _isFirst = true;
    private int _passes;
    private int _failures;

    public bool IsHealthy { get; private set; } = !startsFailed;

    public bool IsDegraded { get; private set; }

    /// <summary>Takes a result; true if the host's state has changed (the first result always changes it from "not yet checked").</summary>
    public bool Take(CheckResult result)
    {
        (bool first, _isFirst) = (_isFirst, false);
        bool passed = result is CheckResult.Passed or CheckResult.PassedDegraded;
        bool degraded = result == CheckResult.PassedDegraded;
        if (passed)
        {
            _failures = 0;
            bool turned = !IsHealthy && (first || ++_passes >= config.HealthyThreshold);
            bool changed = turned || (IsHealthy && degraded != IsDegraded) || first;
            IsHealthy |= turned;
            IsDegraded = degraded;
            HasTurned = turned;
            return changed;
        }
        _passes = 0;
        bool fails = IsHealthy && (result == CheckResult.Refused || ++_failures >= config.UnhealthyThreshold);
        IsHealthy &= !fails;
        HasTurned = fails;
        return fails || first;
    }

    /// <summary>The last result turned the state.</summary>
    public bool HasTurned { get; private set; }

    /// <summary>Milliseconds until the next check, without jitter.</summary>
    public long NextInterval(bool hasTraffic)
    {
        if (!hasTraffic)
        {
            return IsHealthy ? config.NoTrafficHealthyIntervalMilliseconds : config.NoTrafficIntervalMilliseconds;
        }
        return (IsHealthy, HasTurned) switch
        {
            (true, true) => config.HealthyEdgeIntervalMilliseconds,
            (true, false) => config.IntervalMilliseconds,
            (false, true) => config.UnhealthyEdgeIntervalMilliseconds,
            _ => config.UnhealthyIntervalMilliseconds,
        };
    }
}
