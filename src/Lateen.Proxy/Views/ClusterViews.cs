using Lateen.Proxy.Clusters;
using Lateen.Proxy.Outlier;

namespace Lateen.Proxy.Views;

/// <summary>A cluster as the admin pages show it.</summary>
internal static class ClusterViews
{
    /// <summary>Null for a cluster whose configuration has not come.</summary>
    public static ClusterView? Of(ClusterState state)
    {
        // A cluster that nobody has used shows what it would be made of, and stays unused.
        if ((state.Dormant is { } dormant ? dormant.Compile() : state.Config) is not { } config)
        {
            return null;
        }
        return new ClusterView(
            config.Name, config.ObservabilityName, config.EdsServiceName, config.Outlier is not null, true, View(config.Default),
            View(config.High), [.. HostViews(state, config)], View(state.Outlier));
    }

    private static IEnumerable<HostView> HostViews(ClusterState state, ClusterConfig config) => state.Dormant is { } dormant
        ? dormant.Endpoints(config).Endpoints.Select(e => new Host(e, 0).View())
        : state.Hosts.All.Select(h => h.View());

    private static OutlierView? View(OutlierDetector? detector) => detector is null ? null : new OutlierView(
        detector.SuccessRate.Average, detector.SuccessRate.Threshold, detector.LocalOriginSuccessRate.Average,
        detector.LocalOriginSuccessRate.Threshold);

    private static ThresholdsView View(Thresholds t) => new(t.MaxConnections, t.MaxPendingRequests, t.MaxRequests, t.MaxRetries);
}
