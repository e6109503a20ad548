using Lateen.Api;
using Lateen.Proxy.Admin;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Admin;

/// <summary>What a scrape costs a sidecar that knows many services and calls few.</summary>
public sealed class ScrapeTests
{
    [Fact]
    public async Task Scrape_OfManyKnownClusters_MakesNothingOfWhatItLeavesOut()
    {
        const int Known = 500;
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
        bed.Apply(TypeUrls.Cluster, [ProxyBed.Eds("backend"), .. Enumerable.Range(0, Known).Select(i => ProxyBed.Eds($"outbound|80||service-{i}.default.svc.cluster.local"))]);
        StatsPage page = new(bed.Server);
        page.PrometheusText(StatsInclusion.Istio, usedOnly: true);

        long before = GC.GetAllocatedBytesForCurrentThread();
        string text = page.PrometheusText(StatsInclusion.Istio, usedOnly: true);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        text.ShouldContain($"envoy_cluster_manager_active_clusters{{}} {Known + 1}");
        text.ShouldNotContain("service-1.");
        allocated.ShouldBeLessThan(Known * 2000, "each statistic of each cluster would be about fifteen times that");
    }

    [Fact]
    public async Task Scrape_WithAPrefixOfAServices_HasItsStatistics()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");

        string text = new StatsPage(bed.Server).PrometheusText(new StatsInclusion(["cluster.backend"], ["rq_total"], []), usedOnly: false);

        text.ShouldContain("envoy_cluster_upstream_rq_total{cluster_name=\"backend\"} 1\n");
        text.ShouldContain("envoy_cluster_upstream_rq_timeout{cluster_name=\"backend\"} 0\n");
        text.ShouldContain("envoy_http_downstream_rq_total{http_conn_manager_prefix=\"test\"} 1\n");
        text.ShouldNotContain("downstream_cx_total");
        new StatsPage(bed.Server).PrometheusText(new StatsInclusion(["cluster.backend"], [], []), usedOnly: true).ShouldNotContain("upstream_rq_timeout");
    }
}
