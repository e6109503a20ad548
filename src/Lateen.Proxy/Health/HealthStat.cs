namespace Lateen.Proxy.Health;

/// <summary>Statistics below <c>cluster.&lt;name&gt;.health_check.</c></summary>
internal enum HealthStat
{
    Attempt, Success, Failure, NetworkFailure, PassiveFailure, VerifyCluster, Healthy, Degraded,
}
