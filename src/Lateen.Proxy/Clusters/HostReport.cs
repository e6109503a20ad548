using System.Text;
using Lateen.Proxy.Health;
using Lateen.Proxy.Outlier;

namespace Lateen.Proxy.Clusters;

/// <summary>Says in words why none of a cluster's hosts can be used.</summary>
internal static class HostReport
{
    public static string Why(string cluster, Host[] hosts)
    {
        StringBuilder text = new($"no healthy endpoint of {cluster}: ");
        if (hosts.Length == 0)
        {
            return text.Append("it has no endpoint").ToString();
        }
        IEnumerable<string> reasons = hosts.GroupBy(Reason).OrderByDescending(g => g.Count()).Select(g => $"{g.Count()} {g.Key}");
        return text.AppendJoin(", ", reasons).ToString();
    }

    private static string Reason(Host host) => host switch
    {
        { Config.Health: HostHealth.Unhealthy } => "marked unhealthy by the control plane",
        { ActiveHealth: ActiveHealth.Failed } => "failed the health check",
        { ActiveHealth: ActiveHealth.Pending } => "not yet health-checked",
        { Outlier: { Ejected: not OutlierReason.None and var reason } } => $"ejected after {reason.Words()}",
        { Health: HostHealth.Degraded } => "degraded",
        _ => "healthy",
    };
}
