using System.Globalization;
using System.Text;
using Lateen.Api;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>The metrics of 15014 under Istio's names, as dashboards ask for them.</summary>
public sealed class MetricsPageTests
{
    private const string Client = "sidecar~10.1.0.1~client.default~default.svc.cluster.local";

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task AChangeThatReachesAProxy_IsMeasuredOnItsWay()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), Client);
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ports: [{name: http, port: 80}]}
            """,
            Cancellation);
        (await proxy.NextAsync(TypeUrls.Cluster, Cancellation)).Keys.ShouldContain("outbound|80||web.default.svc.cluster.local");

        var page = await UntilAsync(bed, "pilot_proxy_convergence_time_count", atLeast: 1);
        Value(page, "pilot_proxy_queue_time_count").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "pilot_proxy_convergence_time_bucket{le=\"+Inf\"}").ShouldBe(Value(page, "pilot_proxy_convergence_time_count"));
        Value(page, "pilot_xds_config_size_bytes_bucket{type=\"cds\",le=\"1\"}").ShouldBe(0);
        Value(page, "pilot_xds_config_size_bytes_count{type=\"cds\"}").ShouldBe(Value(page, "pilot_xds_pushes{type=\"cds\"}"));
        Value(page, "pilot_xds_send_time_count").ShouldBeGreaterThanOrEqualTo(2);
        Value(page, "pilot_pushcontext_init_seconds_count").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "pilot_debounce_time_count").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "pilot_inbound_updates{type=\"svc\"}").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "pilot_k8s_reg_events{event=\"add\",type=\"Services\"}").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "pilot_xds{version=\"unknown\"}").ShouldBe(1);
        Value(page, "pilot_eds_no_instances").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "xds_cache_reads{type=\"miss\"}").ShouldBeGreaterThanOrEqualTo(1);
        Value(page, "xds_cache_size").ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task ResourcesAndDeletions_AreCountedByKind()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: ServiceEntry
            metadata: {name: outside, namespace: default}
            spec: {hosts: [outside.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: Gateway
            metadata: {name: wrong, namespace: default}
            spec: {servers: [{port: {number: 99999, name: http, protocol: HTTP}, hosts: ["*"]}]}
            """,
            Cancellation);

        var page = await UntilAsync(bed, "pilot_total_rejected_configs{name=\"default/wrong\",type=\"Gateway\"}", atLeast: 1);
        page = await UntilAsync(bed, "pilot_k8s_cfg_events{event=\"add\",type=\"ServiceEntry\"}", atLeast: 1);
        Value(page, "pilot_inbound_updates{type=\"config\"}").ShouldBeGreaterThanOrEqualTo(2);
        Value(page, "citadel_server_root_cert_expiry_timestamp").ShouldBeGreaterThan(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        await bed.Client.DeleteAsync(Lateen.Config.Sources.Kubernetes.ResourceTypes.ServiceEntries, "default", "outside", Cancellation);
        await UntilAsync(bed, "pilot_k8s_cfg_events{event=\"delete\",type=\"ServiceEntry\"}", atLeast: 1);
    }

    [Fact]
    public async Task SubsetsThatCollideAndProxiesWithoutServices_AreCounted()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), Client);
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: DestinationRule
            metadata: {name: first, namespace: default}
            spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: DestinationRule
            metadata: {name: second, namespace: default}
            spec: {host: web.default.svc.cluster.local, subsets: [{name: v1, labels: {version: v3}}]}
            """,
            Cancellation);

        var page = await UntilAsync(bed, "pilot_destrule_subsets", atLeast: 1);
        Value(page, "pilot_destrule_subsets").ShouldBe(1);
        Value(page, "pilot_no_ip").ShouldBe(1);
    }

    [Fact]
    public async Task WebhookPatches_AreCounted()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.CallValidationAsync(Cancellation);

        await UntilAsync(bed, "webhook_patch_attempts_total{name=\"istio-validator-istio-system\"}", atLeast: 1);
    }

    [Fact]
    public void Histogram_CountsEachValueInAllBucketsAboveIt()
    {
        var histogram = new Histogram("size", "Sizes", 1, 10) { IsPlain = false };
        histogram.Observe(0.5, "type=\"a\"");
        histogram.Observe(7, "type=\"a\"");
        histogram.Observe(70, "type=\"a\"");
        var page = new StringBuilder();
        histogram.Render(page);

        page.ToString().ShouldBe(
            """
            # HELP size Sizes
            # TYPE size histogram
            size_bucket{type="a",le="1"} 1
            size_bucket{type="a",le="10"} 2
            size_bucket{type="a",le="+Inf"} 3
            size_sum{type="a"} 77.5
            size_count{type="a"} 3

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Label_EscapesWhatTheFormatKeepsForItself() => MetricText.Label("name", "a\"b\\c\n").ShouldBe(@"name=""a\""b\\c\n""");

    private static async Task<string> UntilAsync(ControlPlaneBed bed, string sample, double atLeast)
    {
        var page = "";
        await ControlPlaneBed.UntilAsync(
            async () => (page = await bed.PageAsync("/metrics", Cancellation)).Contains(sample + " ", StringComparison.Ordinal) && Value(page, sample) >= atLeast,
            () => page,
            Cancellation);
        return page;
    }

    private static double Value(string page, string sample)
    {
        var line = page.Split('\n').FirstOrDefault(line => line.StartsWith(sample + " ", StringComparison.Ordinal));
        line.ShouldNotBeNull($"{sample} in\n{page}");
        return double.Parse(line[(sample.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
