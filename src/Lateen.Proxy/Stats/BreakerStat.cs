namespace Lateen.Proxy.Stats;

/// <summary>Gauges below <c>cluster.&lt;name&gt;.circuit_breakers.default.</c>: 1 while a limit is reached. Looked up when read.</summary>
internal enum BreakerStat
{
    CxOpen, CxPoolOpen, RqPendingOpen, RqOpen, RqRetryOpen,
}
