namespace Lateen.Proxy.Stats;

/// <summary>
/// Gauges below <c>cluster.&lt;name&gt;.circuit_breakers.&lt;priority&gt;.</c>: 1 while a limit is reached, or how much is left of it (track_remaining).
/// Looked up when read.
/// </summary>
internal enum BreakerStat
{
    CxOpen, CxPoolOpen, RqPendingOpen, RqOpen, RqRetryOpen,
    RemainingCx, RemainingPending, RemainingRq, RemainingRetries,
}
