namespace Lateen.Proxy.Clusters;

/// <summary>What one thread has under way in a cluster, for the circuit breakers of one priority (route.priority).</summary>
/// <remarks>Written by that thread, summed by the others: a limit may be exceeded by what happens in the same moment.</remarks>
internal sealed class BreakerCounts(ClusterState cluster, bool isHigh)
{
    public int Connections, PendingRequests, ActiveRequests, ActiveRetries;

    /// <summary>True if one more of what <paramref name="count"/> selects would exceed the limit, over all threads.</summary>
    public bool Exceeds(uint limit, Func<BreakerCounts, int> count) => limit != uint.MaxValue && Sum(count) >= limit;

    /// <summary>True if no further retry may be under way (max_retries, or the budget where there is one).</summary>
    public bool ExceedsRetries(Thresholds limits) =>
        limits.RetryBudget is null
            ? Exceeds(limits.MaxRetries, static c => c.ActiveRetries)
            : Sum(static c => c.ActiveRetries) >= limits.RetryLimit(Sum(static c => c.ActiveRequests) + Sum(static c => c.PendingRequests));

    private long Sum(Func<BreakerCounts, int> count) => Sum(cluster, isHigh, count);

    /// <summary>A count over all threads; those of the others may be a moment old.</summary>
    public static long Sum(ClusterState cluster, bool isHigh, Func<BreakerCounts, int> count)
    {
        long sum = 0;
        foreach (ClusterWorker? worker in cluster.Workers)
        {
            sum += worker is null ? 0 : count(worker.Counts(isHigh));
        }
        return sum;
    }
}
