using System.Text;
using Lateen.Net.Sockets;
using Lateen.Proxy.Health;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Clusters;

/// <summary>Health as configuration says it (envoy.config.core.v3.HealthStatus, grouped).</summary>
internal enum HostHealth
{
    Healthy,
    Degraded,
    Unhealthy,
}

/// <summary>One upstream host: its address, and per thread its pool and counters. Lives as long as the host stays in its cluster.</summary>
internal sealed class Host
{
    private readonly HostCounts?[] _counts;
    private (string? Text, Workload? Value) _peer;

    // Two for each thread: HTTP/1, HTTP/2.
    private readonly HostPool?[] _pools;

    // Pools of connections that are not for everybody, for each thread; null while there was never one.
    private Dictionary<PoolKey, HostPool>?[]? _special;

    public Host(EndpointConfig config, int workers)
    {
        Config = config;
        _counts = new HostCounts?[workers];
        _pools = new HostPool?[workers * 2];
        Address = config.Address;
        AddressText = Encoding.ASCII.GetBytes(Address.ToString());
    }

    /// <summary>The workload behind it as endpoint metadata says; null if it says nothing.</summary>
    public Workload? Peer
    {
        get
        {
            string text = Config.WorkloadMetadata;
            (string? Text, Workload? Value) known = _peer;
            if (!ReferenceEquals(known.Text, text))
            {
                // Two threads may both make it: equal values, the last one stays.
                _peer = known = (text, Workload.FromEndpoint(text));
            }
            return known.Value;
        }
    }

    /// <summary>Weight and health change in place when EDS says so; the rest is the host's identity.</summary>
    public EndpointConfig Config { get; set; }

    public IpEndpoint Address { get; }

    /// <summary>ip:port as the access log prints it.</summary>
    public byte[] AddressText { get; }

    /// <summary>Counts the host's answers where the cluster has outlier detection.</summary>
    public OutlierMonitor? Outlier { get; set; }

    /// <summary>What active health checks say; written by the loop that checks.</summary>
    public volatile ActiveHealth ActiveHealth;

    /// <summary>Milliseconds on the loops' clock when the host came or became healthy again (slow start).</summary>
    public long HealthySince { get; set; }

    /// <summary>Health by all that is known: configuration, active checks, outlier detection.</summary>
    public HostHealth Health =>
        Config.Health == HostHealth.Unhealthy || ActiveHealth is ActiveHealth.Failed or ActiveHealth.Pending
            || Outlier is { Ejected: not OutlierReason.None } ? HostHealth.Unhealthy
        : ActiveHealth == ActiveHealth.Degraded ? HostHealth.Degraded
        : Config.Health;

    /// <summary>Gone from its cluster: pools close once their requests have ended.</summary>
    public volatile bool IsRemoved;

    /// <summary>Milliseconds on the loop's clock of the last use; for ORIGINAL_DST hosts.</summary>
    public long LastUsed;

    public ref HostPool? PoolOf(int worker, bool http2) => ref _pools[(worker * 2) + (http2 ? 1 : 0)];

    /// <summary>Takes no new requests on a thread's connections; running ones finish.</summary>
    public void DrainPools(int worker)
    {
        PoolOf(worker, false)?.Drain();
        PoolOf(worker, true)?.Drain();
        foreach (HostPool pool in SpecialOf(worker)?.Values.ToArray() ?? [])
        {
            pool.Drain();
        }
    }

    /// <summary>A thread's pool of that key; null if there is none. Not for plain keys.</summary>
    public HostPool? FindPool(int worker, in PoolKey key) => SpecialOf(worker)?.GetValueOrDefault(key);

    public void AddPool(int worker, HostPool pool)
    {
        if (_special is null)
        {
            // Two threads may both make one: the loser takes the winner's.
            Interlocked.CompareExchange(ref _special, new Dictionary<PoolKey, HostPool>?[_counts.Length], null);
        }
        (_special[worker] ??= []).Add(pool.Key, pool);
    }

    /// <summary>A thread has neither connection nor request for this host.</summary>
    public bool IsUnused(int worker) =>
        PoolOf(worker, false) is null or { IsUnused: true } && PoolOf(worker, true) is null or { IsUnused: true }
        && SpecialOf(worker) is not { Count: > 0 };

    /// <summary>A draining pool is not found any more.</summary>
    public void Forget(HostPool pool, int worker)
    {
        if (!pool.Key.IsPlain)
        {
            if (FindPool(worker, pool.Key) == pool)
            {
                SpecialOf(worker)!.Remove(pool.Key);
            }
            return;
        }
        ref HostPool? slot = ref PoolOf(worker, pool.Key.IsHttp2);
        if (slot == pool)
        {
            slot = null;
        }
    }

    public HostCounts For(int worker) => _counts[worker] ??= new HostCounts();

    /// <summary>Requests in flight on every thread; read without a lock, so it may be a moment old.</summary>
    public int ActiveRequests
    {
        get
        {
            int sum = 0;
            foreach (HostCounts? counts in _counts)
            {
                sum += (int)(counts?.RqActive ?? 0);
            }
            return sum;
        }
    }

    private Dictionary<PoolKey, HostPool>? SpecialOf(int worker) => _special?[worker];

    public HostView View()
    {
        HostCounts sum = new();
        foreach (HostCounts? counts in _counts)
        {
            if (counts is not null)
            {
                sum.Add(counts);
            }
        }
        string flags = (ActiveHealth == ActiveHealth.Failed ? "/failed_active_hc" : "")
            + (Outlier is { Ejected: not OutlierReason.None } ? "/failed_outlier_check" : "")
            + (Config.Health == HostHealth.Unhealthy ? "/failed_eds_health" : "")
            + (ActiveHealth == ActiveHealth.Degraded ? "/degraded_active_hc" : "")
            + (Config.Health == HostHealth.Degraded ? "/degraded_eds_health" : "")
            + (ActiveHealth == ActiveHealth.Pending ? "/pending_active_hc" : "");
        Locality at = Config.Locality;
        return new HostView(
            Address.ToString(), Config.Hostname, flags.Length > 0 ? flags : "healthy", Config.Health.ToString().ToUpperInvariant(), Config.Weight, at.Region, at.Zone,
            at.SubZone, Config.Priority, sum.View(), Outlier?.Answers.Last ?? -1, Outlier?.LocalOrigin.Last ?? -1);
    }
}

/// <summary>One thread's counters of a host.</summary>
internal sealed class HostCounts
{
    public long CxActive, CxConnectFail, CxTotal, RqActive, RqError, RqSuccess, RqTimeout, RqTotal;

    public void Add(HostCounts other)
    {
        CxActive += other.CxActive;
        CxConnectFail += other.CxConnectFail;
        CxTotal += other.CxTotal;
        RqActive += other.RqActive;
        RqError += other.RqError;
        RqSuccess += other.RqSuccess;
        RqTimeout += other.RqTimeout;
        RqTotal += other.RqTotal;
    }

    public HostCounters View() => new(CxActive, CxConnectFail, CxTotal, RqActive, RqError, RqSuccess, RqTimeout, RqTotal);
}
