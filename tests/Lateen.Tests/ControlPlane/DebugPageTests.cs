using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Http;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Xds;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>Debug pages and metrics of 15014 that people and dashboards of Istio ask for.</summary>
public sealed class DebugPageTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_ShowAConnectedProxyAndTheMesh()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ports: [{name: http, port: 80}]}
            """,
            Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.PageAsync("/debug/registryz", Cancellation)).Contains("web.default", StringComparison.Ordinal), () => "no service", Cancellation);
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://{bed.AddressOf(ServerPort.Xds)}") });
        await using var call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest
        {
            TypeUrl = TypeUrls.ClusterLoadAssignment,
            ResourceNames = { "outbound|80||web.default.svc.cluster.local" },
            Node = new Node { Id = "sidecar~10.1.0.1~client.default~default.svc.cluster.local" },
        });
        await call.ReadAsync();

        var edsz = (JsonArray)JsonNode.Parse(await bed.PageAsync("/debug/edsz?proxyID=client.default", Cancellation))!;
        edsz.Select(assignment => (string?)assignment!["clusterName"]).ShouldBe(["outbound|80||web.default.svc.cluster.local"]);
        JsonNode.Parse(await bed.PageAsync("/debug/endpointShardz", Cancellation))!["web.default.svc.cluster.local"]!["default"]!["Shards"].ShouldNotBeNull();
        JsonNode.Parse(await bed.PageAsync("/debug/push_status", Cancellation))!["ProxyStatus"].ShouldNotBeNull();
        ((string?)JsonNode.Parse(await bed.PageAsync("/debug/clusterz", Cancellation))![0]!["id"]).ShouldBe("Kubernetes");
        (await bed.PageAsync("/metrics", Cancellation)).ShouldContain("pilot_xds_push_time_count{type=\"eds\"} 1");
        var list = ((JsonArray)JsonNode.Parse(await bed.PageAsync("/debug/list", Cancellation))!).Select(page => (string)page!);
        foreach (var page in list.Where(page => page is not ("inject" or "force_disconnect?proxyID=")))
        {
            var parameter = page.EndsWith("proxyID=", StringComparison.Ordinal) ? "client.default" : page.EndsWith('=') ? "Gateway/default/some" : "";
            (await bed.PageAsync($"/debug/{page}{parameter}", Cancellation)).ShouldNotBeEmpty(page);
        }
    }

    [Fact]
    public async Task Page_OfAProxyThatIsNotConnected_SaysSo()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);

        var error = await Should.ThrowAsync<HttpRequestException>(() => bed.PageAsync("/debug/ndsz?proxyID=nobody.default", Cancellation));
        error.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Pages_AnswerInTheShapeOfIstio()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
            ---
            apiVersion: security.istio.io/v1beta1
            kind: AuthorizationPolicy
            metadata: {name: readers, namespace: default}
            spec: {action: ALLOW, rules: [{to: [{operation: {methods: [GET]}}]}]}
            ---
            apiVersion: telemetry.istio.io/v1alpha1
            kind: Telemetry
            metadata: {name: logs, namespace: istio-system}
            spec: {accessLogging: [{providers: [{name: envoy}]}]}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: Sidecar
            metadata: {name: narrow, namespace: default}
            spec: {egress: [{hosts: ["./web.default.svc.cluster.local"]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: client, namespace: default, labels: {app: web}}
            spec: {containers: [{name: web, image: web}]}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio-sidecar-injector, namespace: istio-system}
            data: {values: "{}", config: "templates: {sidecar: 'spec: {}'}"}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data: {mesh: "accessLogFile: /dev/stdout\ndefaultConfig: {proxyMetadata: {A: b}}\nextensionProviders: [{name: envoy, envoyFileAccessLog: {path: /tmp/log}}]"}
            """,
            Cancellation);
        await bed.Client.PatchAsync(
            ResourceTypes.Pods, new ObjectKey("default", "client"), PatchKind.Merge,
            JsonNode.Parse("""{"status":{"phase":"Running","podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"}]}}""")!, Cancellation, "status");
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local", labels: ("app", "web"));
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.PageAsync("/debug/mesh", Cancellation)).Contains("/tmp/log", StringComparison.Ordinal)
                && (await bed.PageAsync("/debug/configz", Cancellation)).Contains("\"narrow\"", StringComparison.Ordinal),
            () => "not all of it was read",
            Cancellation);

        var mesh = await JsonAsync(bed, "mesh");
        ((string?)mesh["accessLogFile"]).ShouldBe("/dev/stdout");
        ((string?)mesh["defaultConfig"]!["discoveryAddress"]).ShouldBe("istiod.istio-system.svc:15012");
        ((string?)mesh["defaultConfig"]!["proxyMetadata"]!["A"]).ShouldBe("b");
        ((JsonArray)mesh["extensionProviders"]!).Select(provider => (string?)provider!["name"]).ShouldBe(["prometheus", "stackdriver", "envoy"]);
        var policy = (await JsonAsync(bed, "authorizationz"))["authorization_policies"]!["namespace_to_policies"]!["default"]![0]!;
        ((string?)policy["spec"]!["rules"]![0]!["to"]![0]!["operation"]!["methods"]![0]).ShouldBe("GET");
        ((string?)(await JsonAsync(bed, "pushcontext"))["AuthorizationPolicies"]!["root_namespace"]).ShouldBe("istio-system");
        ((string?)(await JsonAsync(bed, "telemetryz"))["telemetries"]!["namespace_to_telemetries"]!["istio-system"]![0]!["name"]).ShouldBe("logs");
        var scope = await JsonAsync(bed, "sidecarz?proxyID=client.default");
        ((string?)scope["name"]).ShouldBe("narrow");
        ((string?)scope["outboundTrafficPolicy"]!["mode"]).ShouldBe("REGISTRY_ONLY");
        ((string?)scope["sidecar"]!["egress"]![0]!["hosts"]![0]).ShouldBe("./web.default.svc.cluster.local");
        ((JsonArray)scope["services"]!).Select(service => (string?)service!["hostname"]).ShouldBe(["web.default.svc.cluster.local"]);
        JsonNode? instance = null;
        await ControlPlaneBed.UntilAsync(
            async () => (instance = (await JsonAsync(bed, "instancesz"))["client.default"]!.AsArray().FirstOrDefault()) is not null, () => "no instance", Cancellation);
        ((string?)instance!["service"]!["hostname"], (int?)instance["servicePort"]!["port"], (int?)instance["endpoint"]!["EndpointPort"])
            .ShouldBe(("web.default.svc.cluster.local", 80, 8080));
        (await JsonAsync(bed, "configz")).AsArray().Single(config => (string?)config!["kind"] == "Sidecar")!["spec"]!["egress"].ShouldNotBeNull();
        (await JsonAsync(bed, "resourcesz")).AsArray().Select(kind => (string?)kind!["kind"]).ShouldContain("WasmPlugin");
        ((string?)(await JsonAsync(bed, "inject"))["sidecar"]).ShouldBe("spec: {}");
        (await JsonAsync(bed, "mcsz")).AsArray().ShouldBeEmpty();
        ((string?)(await JsonAsync(bed, "adsz"))["clients"]![0]!["labels"]!["app"]).ShouldBe("web");
        (await bed.PageAsync("/debug/adsz?push=true", Cancellation)).ShouldBe("Pushed to 1 servers\n");
        (await bed.PageAsync("/metrics", Cancellation)).ShouldContain("pilot_push_triggers{type=\"debug\"} 1");
        (await bed.PageAsync("/debug", Cancellation)).ShouldContain("<a href=\"/debug/sidecarz?proxyID=\">");
    }

    [Fact]
    public async Task CachePage_ListsWhatIsKeptUntilItIsCleared()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local");
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);

        ((JsonArray)(await JsonAsync(bed, "cachez"))[TypeUrls.Cluster]!).Select(name => ((string)name!).Split('/')[0]).ShouldContain("outbound|443||kubernetes.default.svc.cluster.local");
        ((string?)(await JsonAsync(bed, "cachez?sizes=true"))["total"])!.ShouldEndWith("B");
        (await bed.PageAsync("/debug/cachez?clear=true", Cancellation)).ShouldBe("Cache cleared\n");
        (await JsonAsync(bed, "cachez"))[TypeUrls.Cluster].ShouldBeNull();
        (await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation)).Keys.ShouldContain("PassthroughCluster");
    }

    [Fact]
    public async Task ForceDisconnect_EndsTheStreamOfThatProxyAlone()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var ended = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local");
        using var other = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.2~other.default~default.svc.cluster.local");
        await ended.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await other.AskAsync(TypeUrls.Cluster, [], Cancellation);

        (await bed.PageAsync("/debug/force_disconnect?proxyID=client.default", Cancellation)).ShouldBe("OK");

        await Should.ThrowAsync<GrpcException>(() => ended.NextAsync(TypeUrls.Cluster, Cancellation));
        (await other.AskAsync(TypeUrls.Listener, [], Cancellation)).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(999, "999B")]
    [InlineData(1200, "1.2kB")]
    [InlineData(3_400_000, "3.4MB")]
    public void CachePage_WritesSizesAsIstio(long bytes, string text) => CachePage.Size(bytes).ShouldBe(text);

    [Fact]
    public async Task ConfigDistribution_TellsWhichProxiesHaveAGeneration()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local");
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: ServiceEntry
            metadata: {name: outside, namespace: default}
            spec: {hosts: [outside.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
            """,
            Cancellation);
        (await proxy.NextAsync(TypeUrls.Cluster, Cancellation)).Keys.ShouldContain("outbound|80||outside.example");

        JsonNode? page = null;
        await ControlPlaneBed.UntilAsync(
            async () => (string?)(page = await JsonAsync(bed, "config_distribution?resource=networking.istio.io/v1beta1/ServiceEntry/default/outside"))[0]?["cluster_acked"] == "1",
            () => page!.ToJsonString(),
            Cancellation);
        ((string?)page![0]!["proxy"]).ShouldBe("client.default");
        (await JsonAsync(bed, "config_distribution?resource=ServiceEntry/default/outside&proxy_namespace=other")).AsArray().ShouldBeEmpty();
        (await JsonAsync(bed, "config_distribution?resource=ServiceEntry/default/unknown"))[0]!["cluster_acked"].ShouldBeNull();
        var error = await Should.ThrowAsync<HttpRequestException>(() => bed.PageAsync("/debug/config_distribution", Cancellation));
        error.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public void Counters_AreZeroUntilTheyCount()
    {
        var counters = new EventCounters();
        counters.Count(EventCounters.ValidationFailed, "resource=\"Gateway\"");
        counters.Count(EventCounters.ValidationFailed, "resource=\"Gateway\"");

        var page = new StringBuilder();
        counters.Render(page);
        page.ToString().ShouldContain("galley_validation_failed{resource=\"Gateway\"} 2\n");
        page.ToString().ShouldContain("citadel_server_csr_count 0\n");
    }

    private static async Task<JsonNode> JsonAsync(ControlPlaneBed bed, string page) => JsonNode.Parse(await bed.PageAsync($"/debug/{page}", Cancellation))!;
}
