using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.Outlier;

/// <summary>What is known of one host's answers. Every thread counts here; the detector is called only when a limit is reached.</summary>
/// <remarks>Envoy, "Outlier detection": without the split a failed connection or a reset counts as 503 and a time-out as 504.</remarks>
internal sealed class OutlierMonitor(OutlierDetector detector, Host host)
{
    private int _consecutive5xx;
    private int _consecutiveGateway;
    private int _consecutiveLocal;

    public RateCounter Answers { get; } = new();

    public RateCounter LocalOrigin { get; } = new();

    public Host Host => host;

    /// <summary>Why the host is out, <see cref="OutlierReason.None"/> while it is in. Written under the detector's lock.</summary>
    public OutlierReason Ejected { get; set; }

    public long EjectedAt { get; set; }

    public long Jitter { get; set; }

    /// <summary>How often in a row it was ejected: the time grows with it.</summary>
    public int Multiplier { get; set; }

    /// <summary>The host answered.</summary>
    public void OnResponse(int status)
    {
        OutlierConfig config = detector.Config;
        Answers.Count(status < 500);
        if (config.SplitsLocalOrigin)
        {
            OnLocalOrigin(success: true);
        }
        if (status < 500)
        {
            // Mostly zero already: a write would only move the cache line between the threads.
            if (_consecutive5xx != 0)
            {
                _consecutive5xx = 0;
            }
            if (_consecutiveGateway != 0)
            {
                _consecutiveGateway = 0;
            }
            return;
        }
        if (status is not (502 or 503 or 504))
        {
            _consecutiveGateway = 0;
        }
        else if (Interlocked.Increment(ref _consecutiveGateway) == config.ConsecutiveGatewayFailure)
        {
            _consecutiveGateway = 0;
            detector.OnLimit(this, OutlierReason.ConsecutiveGatewayFailure);
        }
        if (Interlocked.Increment(ref _consecutive5xx) == config.Consecutive5xx)
        {
            _consecutive5xx = 0;
            detector.OnLimit(this, OutlierReason.Consecutive5xx);
        }
    }

    /// <summary>No answer: the connection failed or broke, or the time was over.</summary>
    public void OnFailure(bool timedOut)
    {
        if (detector.Config.SplitsLocalOrigin)
        {
            OnLocalOrigin(success: false);
        }
        else
        {
            OnResponse(timedOut ? 504 : 503);
        }
    }

    /// <summary>A connection was made (TCP proxy: all that can be said of a host).</summary>
    public void OnConnected()
    {
        if (detector.Config.SplitsLocalOrigin)
        {
            OnLocalOrigin(success: true);
        }
        else
        {
            OnResponse(200);
        }
    }

    public void Reset() => (_consecutive5xx, _consecutiveGateway, _consecutiveLocal) = (0, 0, 0);

    private void OnLocalOrigin(bool success)
    {
        LocalOrigin.Count(success);
        if (success)
        {
            _consecutiveLocal = 0;
        }
        else if (Interlocked.Increment(ref _consecutiveLocal) == detector.Config.ConsecutiveLocalOriginFailure)
        {
            _consecutiveLocal = 0;
            detector.OnLimit(this, OutlierReason.ConsecutiveLocalOriginFailure);
        }
    }
}

/// <summary>Successes and totals of the running interval, and the rate of the last one that had enough.</summary>
internal sealed class RateCounter
{
    private int _total;
    private int _success;

    /// <summary>Percent; -1 without enough requests.</summary>
    public double Last { get; private set; } = -1;

    /// <summary>Requests of the last interval.</summary>
    public int Volume { get; private set; }

    public void Count(bool success)
    {
        Interlocked.Increment(ref _total);
        if (success)
        {
            Interlocked.Increment(ref _success);
        }
    }

    /// <summary>Ends the interval.</summary>
    public void Turn(int minimumVolume)
    {
        (Volume, int success) = (Interlocked.Exchange(ref _total, 0), Interlocked.Exchange(ref _success, 0));
        Last = Volume > 0 && Volume >= minimumVolume ? 100.0 * success / Volume : -1;
    }
}
