using System.Text.Json.Nodes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>Scenario 1: what a person sees of two pods with sidecars.</summary>
[Collection<WalkthroughMesh>]
public sealed class SidecarTests(SidecarScenario scenario) : IClassFixture<SidecarScenario>
{
    private static readonly int[] Bound = [15000, 15001, 15006, 15020, 15021, 15090];

    private static readonly string[] Sections = ["BootstrapConfigDump", "ListenersConfigDump", "ClustersConfigDump", "RoutesConfigDump"];

    private const string Namespace = SidecarScenario.Namespace;
    private readonly WalkthroughMesh _mesh = scenario.Mesh;

    [Theory]
    [InlineData("istio-sidecar-injector")]
    [InlineData("istio-revision-tag-default")]
    public async Task Webhooks_OfBothConfigurations_AreTheFourOfTheReference(string name)
    {
        SandboxMesh.SkipUnlessPossible();
        JsonNode configuration = await GetAsync("mutatingwebhookconfiguration", name);
        JsonArray webhooks = (JsonArray)configuration["webhooks"]!;
        webhooks.Select(w => (string)w!["name"]!).ShouldBe(
            ["rev.namespace.sidecar-injector.istio.io", "rev.object.sidecar-injector.istio.io", "namespace.sidecar-injector.istio.io", "object.sidecar-injector.istio.io"]);
        webhooks.ShouldAllBe(w => (string)w!["clientConfig"]!["service"]!["path"]! == "/inject" && (string)w["failurePolicy"]! == "Fail" && (int)w["timeoutSeconds"]! == 10);
    }

    [Fact]
    public async Task Pods_OfALabelledNamespace_AreTwoOfTwo()
    {
        SandboxMesh.SkipUnlessPossible();
        string table = (await _mesh.KubectlAsync(["get", "po", "-n", Namespace])).MustSucceed().Output;
        string[] rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        rows.Length.ShouldBe(2, table);
        rows.ShouldAllBe(row => row.Contains(" 2/2 ", StringComparison.Ordinal) && row.Contains(" Running ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pod_OlderThanTheLabel_StaysAloneUntilItIsRestarted()
    {
        SandboxMesh.SkipUnlessPossible();
        const string ns = "older";
        (await _mesh.KubectlAsync(["create", "namespace", ns])).MustSucceed();
        await _mesh.ApplyAsync(ns, SandboxMesh.Sample("sidecar/toolbox.yaml"), "toolbox");
        (await _mesh.KubectlAsync(["label", "namespace", ns, "istio-injection=enabled"])).MustSucceed();

        (await ContainersAsync(ns)).ShouldBe("toolbox");
        (await _mesh.KubectlAsync(["rollout", "restart", "-n", ns, "deployment/toolbox"])).MustSucceed();
        (await _mesh.KubectlAsync(["rollout", "status", "-n", ns, "--timeout=50s", "deployment/toolbox"])).MustSucceed();

        // The old pod goes in its own time.
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(50));
        string containers;
        while ((containers = await ContainersAsync(ns)).Split(' ').Length > 2 && !limit.IsCancellationRequested)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        containers.Split(' ').ShouldBe(["toolbox", "istio-proxy"], ignoreOrder: true);
    }

    [Fact]
    public async Task Pod_Injected_CarriesWhatTheReferencePutsThere()
    {
        SandboxMesh.SkipUnlessPossible();
        JsonNode pod = await GetAsync("pod", scenario.Toolbox, Namespace);
        JsonNode init = pod["spec"]!["initContainers"]!.AsArray().Single(c => (string)c!["name"]! == "istio-init")!;
        JsonNode proxy = pod["spec"]!["containers"]!.AsArray().Single(c => (string)c!["name"]! == "istio-proxy")!;

        string.Join(' ', init["args"]!.AsArray().Select(a => (string)a! is { Length: > 0 } text ? text : "\"\""))
            .ShouldStartWith("istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x \"\" -b * -d 15090,15021,15020");
        init["securityContext"]!["capabilities"]!["add"]!.AsArray().Select(c => (string)c!).ShouldBe(["NET_ADMIN", "NET_RAW"]);
        string.Join(' ', proxy["args"]!.AsArray().Select(a => (string)a!)).ShouldStartWith("proxy sidecar --domain ");
        ((int)proxy["securityContext"]!["runAsUser"]!).ShouldBe(1337);
        ((int)proxy["securityContext"]!["runAsGroup"]!).ShouldBe(1337);
        ((bool)proxy["securityContext"]!["readOnlyRootFilesystem"]!).ShouldBeTrue();
        ((string)proxy["readinessProbe"]!["httpGet"]!["path"]!).ShouldBe("/healthz/ready");
        ((int)proxy["readinessProbe"]!["httpGet"]!["port"]!).ShouldBe(15021);
        string[] volumes = ["workload-socket", "credential-socket", "workload-certs", "istio-envoy", "istio-data", "istio-podinfo", "istio-token", "istiod-ca-cert"];
        volumes.Except(pod["spec"]!["volumes"]!.AsArray().Select(v => (string)v!["name"]!)).ShouldBeEmpty();
        ((JsonObject)pod["metadata"]!["annotations"]!).ContainsKey("sidecar.istio.io/status").ShouldBeTrue();
        JsonNode labels = pod["metadata"]!["labels"]!;
        ((string)labels["security.istio.io/tlsMode"]!).ShouldBe("istio");
        ((string)labels["service.istio.io/canonical-name"]!).ShouldBe("toolbox");
        ((string)labels["service.istio.io/canonical-revision"]!).ShouldBe("latest");
    }

    [Fact]
    public async Task Rules_OfEachPod_AreTheKnownOnesAndCount()
    {
        SandboxMesh.SkipUnlessPossible();
        var client = await _mesh.RulesAsync(Namespace, scenario.Toolbox);
        var server = await _mesh.RulesAsync(Namespace, scenario.Nginx);
        client.Select(r => r.Rule).ShouldBe(KnownRules.DefaultPod);
        server.Select(r => r.Rule).ShouldBe(KnownRules.DefaultPod);

        await CurlAsync("nginx");

        var clientAfter = await _mesh.RulesAsync(Namespace, scenario.Toolbox);
        var serverAfter = await _mesh.RulesAsync(Namespace, scenario.Nginx);
        Grew(client, clientAfter, "-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001");

        // Sidecars keep their connections to each other and to the application, so these count the first request, whoever sent it.
        serverAfter.Single(r => r.Rule == "-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006").Packets.ShouldBeGreaterThan(0);
        serverAfter.Single(r => r.Rule == "-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN").Packets.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Request_ThroughBothSidecars_IsLoggedThreeTimes()
    {
        SandboxMesh.SkipUnlessPossible();
        int client = (await _mesh.LogAsync(Namespace, scenario.Toolbox, "istio-proxy")).Count;
        int server = (await _mesh.LogAsync(Namespace, scenario.Nginx, "istio-proxy")).Count;
        int application = (await _mesh.LogAsync(Namespace, scenario.Nginx, "nginx")).Count;

        string answer = await CurlAsync("nginx");

        answer.ShouldStartWith("HTTP/1.1 200 OK");
        answer.ShouldContain("server: envoy");
        answer.ShouldContain("x-envoy-upstream-service-time: ");
        (await _mesh.LogBeyondAsync(Namespace, scenario.Toolbox, "istio-proxy", client, 1)).ShouldContain(l => l.Contains("outbound|80||nginx.sidecar.svc.cluster.local", StringComparison.Ordinal));
        (await _mesh.LogBeyondAsync(Namespace, scenario.Nginx, "istio-proxy", server, 1)).ShouldContain(l => l.Contains("inbound|80||", StringComparison.Ordinal));
        (await _mesh.LogBeyondAsync(Namespace, scenario.Nginx, "nginx", application, 1)).ShouldContain(l => l.StartsWith("127.0.0.6 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sockets_OfThePod_AreTheFewOfTheSidecar()
    {
        SandboxMesh.SkipUnlessPossible();
        string listening = (await _mesh.InNetworkOfAsync(Namespace, scenario.Toolbox, "ss", "-ltnH")).MustSucceed().Output;
        int[] ports = [.. listening.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]).Select(a => int.Parse(a[(a.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture)).Distinct().Order()];
        ports.Except([.. Bound, 15004]).ShouldBeEmpty(listening);
        Bound.Except(ports).ShouldBeEmpty(listening);
    }

    [Fact]
    public async Task ConfigDump_InThePod_IsJsonFromEnvoyInChunks()
    {
        SandboxMesh.SkipUnlessPossible();
        string answer = (await _mesh.InPodAsync(Namespace, scenario.Toolbox, "curl -si 127.0.0.1:15000/config_dump")).MustSucceed().Output;
        string head = answer[..answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        head.ShouldContain("server: envoy");
        head.ShouldContain("transfer-encoding: chunked");
        JsonNode body = JsonNode.Parse(answer[head.Length..])!;
        string[] sections = [.. body["configs"]!.AsArray().Select(c => ((string)c!["@type"]!).Split('.')[^1])];
        Sections.Except(sections).ShouldBeEmpty();
    }

    [Fact]
    public async Task ProxyStatus_GatewayIncluded_ShowsEachProxyInStep()
    {
        SandboxMesh.SkipUnlessPossible();
        string table = (await _mesh.LateenAsync(["proxy-status"])).MustSucceed().Output;
        string Row(string pod) => table.Split('\n').Single(l => l.StartsWith(pod, StringComparison.Ordinal));
        Row(scenario.Toolbox).Split("SYNCED").Length.ShouldBe(5, table);
        Row(scenario.Nginx).Split("SYNCED").Length.ShouldBe(5, table);
        Row("istio-ingressgateway-").ShouldContain(".istio-system");
        Row("istio-ingressgateway-").Split("SYNCED").Length.ShouldBeGreaterThanOrEqualTo(4, table);
    }

    [Fact]
    public async Task ProxyConfig_OfTheClient_ShowsTheKnownRows()
    {
        SandboxMesh.SkipUnlessPossible();
        string pod = scenario.Toolbox;
        string listeners = await LateenAsync("proxy-config", "listener", pod, "-n", Namespace);
        HasRow(listeners, "0.0.0.0", "80", "Route: 80");
        HasRow(listeners, "0.0.0.0", "15001", "PassthroughCluster");
        HasRow(listeners, "0.0.0.0", "15006", "InboundPassthroughCluster");
        HasRow(await LateenAsync("proxy-config", "route", pod, "-n", Namespace), "80", "nginx.sidecar.svc.cluster.local:80", "/*");
        HasRow(await LateenAsync("proxy-config", "cluster", pod, "-n", Namespace), "nginx.sidecar.svc.cluster.local", "80", "outbound", "EDS");
        HasRow(await LateenAsync("proxy-config", "endpoint", pod, "-n", Namespace), "HEALTHY", "OK", "outbound|80||nginx.sidecar.svc.cluster.local");
    }

    [Fact]
    public async Task Readiness_OfASidecar_CameAfterItsOwnProofOfInterception()
    {
        SandboxMesh.SkipUnlessPossible();
        IReadOnlyList<string> log = await _mesh.LogAsync(Namespace, scenario.Nginx, "istio-proxy");
        int proof = log.ToList().FindIndex(l => l.Contains("Interception works", StringComparison.Ordinal));
        int ready = log.ToList().FindIndex(l => l.Contains("Envoy proxy is ready", StringComparison.Ordinal));
        proof.ShouldBeGreaterThanOrEqualTo(0, string.Join('\n', log));
        ready.ShouldBeGreaterThan(proof);
    }

    [Fact]
    public async Task Trace_OfTheRequest_NamesEveryStep()
    {
        SandboxMesh.SkipUnlessPossible();
        string trace = await LateenAsync("trace", "deploy/toolbox", "-n", Namespace, "http://nginx/path", "-H", "user: x");
        trace.ShouldContain("led to port 15001 of the pod");
        trace.ShouldContain("nginx.sidecar.svc.cluster.local:80");
        trace.ShouldContain("outbound|80||nginx.sidecar.svc.cluster.local");
        trace.ShouldContain("led to port 15006 of the pod");
        trace.ShouldContain("inbound|80||");
        trace.ShouldContain("-o lo -s 127.0.0.6/32 -j RETURN");
        trace.ShouldContain("The request reaches the application at ");

        JsonNode json = JsonNode.Parse(await LateenAsync("trace", "deploy/toolbox", "-n", Namespace, "http://nginx/path", "-o", "json"))!;
        json["sections"]!.AsArray().Count.ShouldBe(6);
    }

    private static void Grew(IReadOnlyList<(string Rule, long Packets)> before, IReadOnlyList<(string Rule, long Packets)> after, string rule) =>
        after.Single(r => r.Rule == rule).Packets.ShouldBeGreaterThan(before.Single(r => r.Rule == rule).Packets, rule);

    private static void HasRow(string table, params string[] parts) =>
        table.Split('\n').ShouldContain(l => parts.All(p => l.Contains(p, StringComparison.Ordinal)), $"a row with {string.Join(", ", parts)} in\n{table}");

    private async Task<string> CurlAsync(string url) =>
        (await _mesh.InPodAsync(Namespace, scenario.Toolbox, $"curl -sI --max-time 10 {url}")).MustSucceed().Output;

    private async Task<string> LateenAsync(params string[] arguments) => (await _mesh.LateenAsync(arguments)).MustSucceed().Output;

    private async Task<string> ContainersAsync(string ns) => (await _mesh.KubectlAsync(
        ["get", "pod", "-n", ns, "-l", "app=toolbox", "-o", "jsonpath={.items[*].spec.containers[*].name}"])).MustSucceed().Output;

    private async Task<JsonNode> GetAsync(string kind, string name, string ns = "default") =>
        JsonNode.Parse((await _mesh.KubectlAsync(["get", kind, name, "-n", ns, "-o", "json"])).MustSucceed().Output)!;
}
