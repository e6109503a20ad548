using Lateen.Proxy.Clusters;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Views;

namespace Lateen.Proxy;

/// <summary>What the admin pages show.</summary>
public sealed partial class ProxyServer
{
    /// <summary>Accepted resources of a type, in the order of their names.</summary>
    public IReadOnlyList<AppliedResource> Applied(string typeUrl)
    {
        lock (_lock)
        {
            return _stores.GetValueOrDefault(typeUrl)?.Applied ?? [];
        }
    }

    /// <summary>Resources whose last version was refused.</summary>
    public IReadOnlyList<RefusedResource> Refused(string typeUrl)
    {
        lock (_lock)
        {
            return _stores.GetValueOrDefault(typeUrl)?.Refused ?? [];
        }
    }

    /// <summary>version_info of the last response of a type that was accepted whole, empty before.</summary>
    public string VersionOf(string typeUrl)
    {
        lock (_lock)
        {
            return _stores.GetValueOrDefault(typeUrl)?.Version ?? "";
        }
    }

    /// <summary>Every cluster with its hosts.</summary>
    public IReadOnlyList<ClusterView> Clusters() => [.. _runtime.Clusters().Select(View).OfType<ClusterView>()];

    public IReadOnlyList<ListenerView> Listeners() => [.. _listeners.Table.All
        .Select(l => new ListenerView(l.Name, l.Address.ToString(), l.Config.BindsPort)).OrderBy(l => l.Name, StringComparer.Ordinal)];

    private static ClusterView? View(ClusterState state)
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
