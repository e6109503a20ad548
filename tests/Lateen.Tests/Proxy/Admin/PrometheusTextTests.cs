using Lateen.Proxy.Admin;
using Lateen.Proxy.Views;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Admin;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Write_CountersAndHistogram_HasOneTypeLinePerMetric() =>
        PrometheusText.Write(
            [
                new StatSample("cluster.a.upstream_rq_total", StatKind.Counter, 3, null, true),
                new StatSample("cluster.b\"x.upstream_rq_total", StatKind.Counter, 4, null, true),
                new StatSample("cluster.a.upstream_rq_time", StatKind.Histogram, 2, new HistogramSample([1, 5], [1, 1, 2], 7.5), true),
            ],
            new StatTags(["a", "b\"x"])).ShouldBe(
            """
            # TYPE envoy_cluster_upstream_rq_total counter
            envoy_cluster_upstream_rq_total{cluster_name="a"} 3
            envoy_cluster_upstream_rq_total{cluster_name="b\"x"} 4
            # TYPE envoy_cluster_upstream_rq_time histogram
            envoy_cluster_upstream_rq_time_bucket{cluster_name="a",le="1"} 1
            envoy_cluster_upstream_rq_time_bucket{cluster_name="a",le="5"} 1
            envoy_cluster_upstream_rq_time_bucket{cluster_name="a",le="+Inf"} 2
            envoy_cluster_upstream_rq_time_sum{cluster_name="a"} 7.5
            envoy_cluster_upstream_rq_time_count{cluster_name="a"} 2

            """);
}
