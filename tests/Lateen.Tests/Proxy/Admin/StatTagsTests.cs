using Lateen.Proxy.Admin;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Admin;

public sealed class StatTagsTests
{
    private static readonly StatTags Tags = new(["outbound|80||web.shop.svc.cluster.local", "outbound|443||www.example.org"]);

    [Theory]
    [InlineData("cluster.outbound|80||web.shop.svc.cluster.local.upstream_rq_total", "envoy_cluster_upstream_rq_total", "cluster_name=outbound|80||web.shop.svc.cluster.local")]
    [InlineData("cluster.outbound|443||www.example.org.upstream_rq_503", "envoy_cluster_upstream_rq", "cluster_name=outbound|443||www.example.org response_code=503")]
    [InlineData("cluster.outbound|443||www.example.org.upstream_rq_5xx", "envoy_cluster_upstream_rq_xx", "cluster_name=outbound|443||www.example.org response_code_class=5")]
    [InlineData("http.outbound_0.0.0.0_80;.downstream_rq_total", "envoy_http_downstream_rq_total", "http_conn_manager_prefix=outbound_0.0.0.0_80")]
    [InlineData("listener.0.0.0.0_15006.downstream_cx_active", "envoy_listener_downstream_cx_active", "listener_address=0.0.0.0_15006")]
    [InlineData("server.live", "envoy_server_live", "")]
    [InlineData("istiocustom.istio_requests_total;.;reporter=.=source;.;source_app=.=web", "istio_requests_total", "reporter=source source_app=web")]
    public void Split_Name_GivesMetricAndLabels(string name, string metric, string labels)
    {
        var (actual, tags) = Tags.Split(name);
        actual.ShouldBe(metric);
        string.Join(' ', tags.Select(t => $"{t.Key}={t.Value}")).ShouldBe(labels);
    }
}
