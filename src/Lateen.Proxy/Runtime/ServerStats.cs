using Lateen.Api;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Runtime;

/// <summary>Every statistic: those of scopes, of Istio's metrics, and the proxy's own.</summary>
internal sealed class ServerStats(ProxyServer server, ProxyRuntime runtime, ListenerSet listeners, ServerResources resources)
{
    private IEnumerable<StatScope> Scopes => runtime.Scopes().Concat(listeners.Scopes).Concat(runtime.Clusters().SelectMany(c => c.Scopes));

    /// <summary>Those that are wanted; walk it once, it is made as you go.</summary>
    public IEnumerable<StatSample> Read(bool usedOnly, StatNameFilter? wants)
    {
        StatFilter filter = new(usedOnly, wants);
        foreach (StatScope scope in Scopes)
        {
            foreach (StatSample sample in scope.Read(filter))
            {
                yield return sample;
            }
        }
        foreach (StatSample sample in runtime.Exporters.Stats().Concat(runtime.Series.Read()).Concat(OwnStats()))
        {
            if ((!usedOnly || sample.Used) && (wants is null || sample.Metric is not null || wants(sample.Name)))
            {
                yield return sample;
            }
        }
    }

    /// <summary>Sets all counters to zero.</summary>
    public void Reset()
    {
        foreach (StatScope scope in Scopes)
        {
            scope.Reset();
        }
        runtime.Series.Reset();
    }

    private IEnumerable<StatSample> OwnStats()
    {
        static StatSample Gauge(string name, long value) => new(name, StatKind.Gauge, value, null, true);
        static StatSample Counter(string name, long value) => new(name, StatKind.Counter, value, null, value != 0);
        yield return new StatSample("istio_build.component.proxy.tag." + server.Version, StatKind.Gauge, 1, null, true)
        {
            Metric = "istio_build",
            Labels = [new("component", "proxy"), new("tag", server.Version)],
        };
        yield return Counter("lateen.metric_series_overflow_total", runtime.Series.Overflow) with { Metric = "lateen_metric_series_overflow_total", Labels = [] };
        yield return Gauge("lateen.metric_series", runtime.Series.Count) with { Metric = "lateen_metric_series", Labels = [] };
        yield return Gauge("cluster_manager.active_clusters", runtime.Clusters().Count);
        yield return Counter("cluster_manager.cluster_added", resources.StoreOf(TypeUrls.Cluster)!.Names.Count);
        yield return Gauge("cluster_manager.warming_clusters", runtime.Clusters().Count(c => c.WarmingUntil > ProxyRuntime.Now));
        yield return Gauge("listener_manager.total_listeners_active", listeners.Table.All.Count);
        yield return Gauge("listener_manager.total_listeners_warming", listeners.WarmingCount);
        yield return Gauge("listener_manager.workers_started", 1);
        yield return Counter("listener_manager.listener_added", listeners.Added);
        yield return Counter("listener_manager.listener_modified", listeners.Modified);
        yield return Counter("listener_manager.listener_removed", listeners.Removed);
        yield return Gauge("server.concurrency", runtime.Workers);
        yield return Gauge("server.live", 1);
        yield return Gauge("server.state", server.IsDraining ? 1 : server.IsReady ? 0 : 3);
        yield return Gauge("server.total_connections", server.ActiveConnections);
        yield return Gauge("server.uptime", (long)server.Uptime.TotalSeconds);
        yield return Gauge("server.memory_allocated", GC.GetTotalMemory(false));
        yield return Counter("server.memory_allocated_total", GC.GetTotalAllocatedBytes(precise: false));
        yield return Gauge("server.memory_heap_size", GC.GetGCMemoryInfo().HeapSizeBytes);
    }
}
