using Lateen.Api;
using Lateen.Proxy.Runtime;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Views;

namespace Lateen.Proxy;

/// <summary>Every statistic, and the proxy's own.</summary>
public sealed partial class ProxyServer
{
    /// <summary>Every statistic; walk it once, it is made as you go.</summary>
    public IEnumerable<StatSample> Stats() => Stats(usedOnly: false, null);

    /// <summary>Names by which clusters are known in statistics.</summary>
    public IEnumerable<string> ClusterStatNames() => _runtime.Clusters().Select(c => c.ObservabilityName);

    /// <summary>The statistics that are wanted; walk it once, it is made as you go. Istio's metrics are always in.</summary>
    /// <param name="usedOnly">Only those that were written since the start.</param>
    /// <param name="wants">By the full name; null: all.</param>
    public IEnumerable<StatSample> Stats(bool usedOnly, StatNameFilter? wants)
    {
        StatFilter filter = new(usedOnly, wants);
        IEnumerable<StatScope> scopes = _runtime.Scopes().Concat(_listeners.Scopes).Concat(_runtime.Clusters().SelectMany(c => c.Scopes));
        foreach (StatScope scope in scopes)
        {
            foreach (StatSample sample in scope.Read(filter))
            {
                yield return sample;
            }
        }
        foreach (StatSample sample in _runtime.Exporters.Stats().Concat(_runtime.Series.Read()).Concat(OwnStats()))
        {
            if ((!usedOnly || sample.Used) && (wants is null || sample.Metric is not null || wants(sample.Name)))
            {
                yield return sample;
            }
        }
    }

    /// <summary>Sets all counters to zero (POST /reset_counters).</summary>
    public void ResetCounters()
    {
        foreach (StatScope scope in _runtime.Scopes().Concat(_listeners.Scopes).Concat(_runtime.Clusters().SelectMany(c => c.Scopes)))
        {
            scope.Reset();
        }
        _runtime.Series.Reset();
    }

    private IEnumerable<StatSample> OwnStats()
    {
        static StatSample Gauge(string name, long value) => new(name, StatKind.Gauge, value, null, true);
        static StatSample Counter(string name, long value) => new(name, StatKind.Counter, value, null, value != 0);
        yield return new StatSample("istio_build.component.proxy.tag." + _options.Version, StatKind.Gauge, 1, null, true)
        {
            Metric = "istio_build",
            Labels = [new("component", "proxy"), new("tag", _options.Version)],
        };
        yield return Counter("lateen.metric_series_overflow_total", _runtime.Series.Overflow) with { Metric = "lateen_metric_series_overflow_total", Labels = [] };
        yield return Gauge("lateen.metric_series", _runtime.Series.Count) with { Metric = "lateen_metric_series", Labels = [] };
        yield return Gauge("cluster_manager.active_clusters", _runtime.Clusters().Count);
        yield return Counter("cluster_manager.cluster_added", _stores[TypeUrls.Cluster].Names.Count);
        yield return Gauge("cluster_manager.warming_clusters", _runtime.Clusters().Count(c => c.WarmingUntil > ProxyRuntime.Now));
        yield return Gauge("listener_manager.total_listeners_active", _listeners.Table.All.Count);
        yield return Gauge("listener_manager.total_listeners_warming", _listeners.WarmingCount);
        yield return Gauge("listener_manager.workers_started", 1);
        yield return Counter("listener_manager.listener_added", _listeners.Added);
        yield return Counter("listener_manager.listener_modified", _listeners.Modified);
        yield return Counter("listener_manager.listener_removed", _listeners.Removed);
        yield return Gauge("server.concurrency", _runtime.Workers);
        yield return Gauge("server.live", 1);
        yield return Gauge("server.state", _draining ? 1 : IsReady ? 0 : 3);
        yield return Gauge("server.total_connections", ActiveConnections);
        yield return Gauge("server.uptime", (long)(_time.GetUtcNow() - _started).TotalSeconds);
        yield return Gauge("server.memory_allocated", GC.GetTotalMemory(false));
        yield return Counter("server.memory_allocated_total", GC.GetTotalAllocatedBytes(precise: false));
        yield return Gauge("server.memory_heap_size", GC.GetGCMemoryInfo().HeapSizeBytes);
    }
}
