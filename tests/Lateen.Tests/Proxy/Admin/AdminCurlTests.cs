using System.Net;
using System.Text.Json.Nodes;
using Envoy.Config.Core.V3;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Proxy.Admin;
using Lateen.Proxy.Local;
using Lateen.Tests.Proxy.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Admin;

/// <summary>The pages of port 15000 as curl shows them, on a proxy that has served a request.</summary>
public sealed class AdminCurlTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Backend _backend = Backend.Http(_ => Backend.Ok("x"));
    private readonly Late _late = new();
    private readonly Levels _levels = new();
    private readonly ProxyServer _server;
    private Task _run = Task.CompletedTask;
    private bool _hasQuit;

    public AdminCurlTests()
    {
        _server = new ProxyServer(
            new ProxyOptions { Concurrency = 1, LocalListeners = [new LocalListener("admin", new IPEndPoint(IPAddress.Loopback, 0), _late)] },
            NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
        _late.Pages = new AdminPages(_server, new AdminContext
        {
            Node = static () => new Node { Id = "sidecar~10.0.0.1~a.b~c", Cluster = "a.b" },
            Version = "sha/1.19.3/Clean/RELEASE/BoringSSL",
            Address = "127.0.0.1:15000",
            Concurrency = 1,
            StartedAt = TimeProvider.System.GetUtcNow(),
            Time = TimeProvider.System,
            Quit = () => _hasQuit = true,
            Logging = _levels,
        });
    }

    public async ValueTask InitializeAsync()
    {
        _run = _server.RunAsync(_stop.Token);
        Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"), ProxyBed.Eds("idle"));
        Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", _backend.At));
        Envoy.Config.Listener.V3.Listener inbound = ProxyBed.HttpListener("in", ProxyBed.Manager("routes"));
        inbound.TrafficDirection = TrafficDirection.Inbound;
        Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")), inbound);
        Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        (await Tool.RunAsync("curl", "", "-s", $"http://{_server.ListenerAddress("http")}/")).ShouldBe("x");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _backend.DisposeAsync();
        _stop.Dispose();
    }

    [Theory]
    [InlineData("/config_dump?mask=", "BootstrapConfigDump ClustersConfigDump ListenersConfigDump RoutesConfigDump SecretsConfigDump")]
    [InlineData("/config_dump?include_eds", "BootstrapConfigDump ClustersConfigDump EndpointsConfigDump ListenersConfigDump RoutesConfigDump SecretsConfigDump")]
    [InlineData("/config_dump?name_regex=back.*", "ClustersConfigDump ListenersConfigDump RoutesConfigDump SecretsConfigDump")]
    [InlineData("/config_dump?resource=dynamic_active_clusters", "DynamicCluster DynamicCluster")]
    [InlineData("/config_dump?resource=dynamic_listeners&mask=name", "DynamicListener DynamicListener")]
    [InlineData("/config_dump?resource=dynamic_route_configs", "DynamicRouteConfig")]
    [InlineData("/config_dump?resource=dynamic_endpoint_configs", "DynamicEndpointConfig")]
    public async Task ConfigDump_OfPartsOfIt_HasThoseSections(string page, string sections)
    {
        JsonArray configs = JsonNode.Parse(await Get(page))!["configs"]!.AsArray();

        string.Join(' ', configs.Select(c => c!["@type"]!.ToString().Split('.')[^1])).ShouldBe(sections);
    }

    [Fact]
    public async Task ConfigDump_WithMasks_KeepsOnlyThoseFields()
    {
        JsonNode cluster = JsonNode.Parse(await Get("/config_dump?resource=dynamic_active_clusters&mask=cluster.name,version_info&name_regex=idle"))!["configs"]![0]!;

        cluster.AsObject().Select(f => f.Key).ShouldBe(["@type", "version_info", "cluster"]);
        cluster["cluster"]!.AsObject().Select(f => f.Key).ShouldBe(["@type", "name"]);
    }

    [Fact]
    public async Task Clusters_ShowsTheHostsCountersInBothForms()
    {
        string host = $"127.0.0.1:{_backend.At.Port}";

        string text = await Get("/clusters");
        JsonNode json = JsonNode.Parse(await Get("/clusters?format=json"))!["cluster_statuses"]!.AsArray().Single(c => c!["name"]!.ToString() == "backend")!;

        text.ShouldContain($"backend::{host}::cx_total::1\n");
        text.ShouldContain($"backend::{host}::rq_success::1\n");
        text.ShouldContain($"backend::{host}::health_flags::healthy\n");
        text.ShouldContain("backend::default_priority::max_retries::3\n");
        text.ShouldContain("idle::added_via_api::true\n");
        json["host_statuses"]![0]!["address"]!["socket_address"]!["port_value"]!.ToString().ShouldBe(_backend.At.Port.ToString());
        json["host_statuses"]![0]!["stats"]!.AsArray().Single(s => s!["name"]!.ToString() == "rq_total")!["value"]!.ToString().ShouldBe("1");
        json["host_statuses"]![0]!["health_status"]!["eds_health_status"]!.ToString().ShouldBe("HEALTHY");
    }

    [Fact]
    public async Task Listeners_ShowsNamesAndAddressesInBothForms()
    {
        string address = _server.ListenerAddress("http")!.ToString();

        (await Get("/listeners")).ShouldContain($"http::{address}\n");
        JsonNode.Parse(await Get("/listeners?format=json"))!["listener_statuses"]!.AsArray()
            .Select(l => $"{l!["name"]}::{l["local_address"]!["socket_address"]!["address"]}:{l["local_address"]!["socket_address"]!["port_value"]}")
            .ShouldContain($"http::{address}");
    }

    [Fact]
    public async Task Stats_AreFilteredAsAsked()
    {
        (await Get("/stats?filter=^cluster%5C.backend%5C.upstream_rq_200$")).ShouldBe("cluster.backend.upstream_rq_200: 1\n");
        (await Get("/stats?filter=cluster.idle&usedonly")).ShouldBe("");
        (await Get("/stats?type=Histograms&filter=cluster.backend.upstream_rq_time")).ShouldStartWith("cluster.backend.upstream_rq_time: P0(nan,");
        (await Get("/stats?type=Gauges&filter=cluster.backend.upstream_rq")).ShouldNotContain("upstream_rq_total");
        (await Get("/stats?type=Counters&filter=cluster.backend.upstream_cx_")).ShouldNotContain("upstream_cx_active");
        (await Get("/stats?type=TextReadouts")).ShouldBe("");
        JsonNode.Parse(await Get("/stats?format=json&filter=cluster.backend.upstream_rq_200"))!["stats"]![0]!.ToJsonString()
            .ShouldBe("""{"name":"cluster.backend.upstream_rq_200","value":1}""");
        (await Get("/stats?format=prometheus&filter=cluster.backend.upstream_rq_200"))
            .ShouldBe("# TYPE envoy_cluster_upstream_rq counter\nenvoy_cluster_upstream_rq{cluster_name=\"backend\",response_code=\"200\"} 1\n");
        (await Get("/stats/prometheus?usedonly")).ShouldNotContain("cluster_name=\"idle\"");
    }

    [Theory]
    [InlineData("GET", "/stats?type=Wrong", "400 invalid &type= param")]
    [InlineData("GET", "/stats?format=wrong", "400 usage: /stats?format=(json|prometheus|text)\n\n")]
    [InlineData("GET", "/ready", "200 LIVE\n")]
    [InlineData("GET", "/quitquitquit", "405 Method GET not allowed, POST required.")]
    [InlineData("GET", "/drain_listeners?inboundonly", "405 Method GET not allowed, POST required.")]
    [InlineData("GET", "/healthcheck/fail", "405 Method GET not allowed, POST required.")]
    [InlineData("GET", "/logging?level=debug", "405 Method GET not allowed, POST required.")]
    [InlineData("POST", "/reset_counters", "200 OK\n")]
    public async Task Page_ByMethod_SaysWhatItShould(string method, string page, string expected) => (await Ask(method, page)).ShouldBe(expected);

    [Fact]
    public async Task Healthcheck_FailAndOk_ChangeReadiness()
    {
        (await Ask("POST", "/healthcheck/fail")).ShouldBe("200 OK\n");
        (await Ask("GET", "/ready")).ShouldBe("503 DRAINING\n");
        (await Ask("POST", "/healthcheck/ok")).ShouldBe("200 OK\n");
        (await Ask("GET", "/ready")).ShouldBe("200 LIVE\n");
    }

    [Fact]
    public async Task Logging_ByPost_ShowsAndChangesLevels()
    {
        (await Ask("POST", "/logging")).ShouldBe("200 active loggers:\n  http: info\n  rbac: info\n\n");
        (await Ask("POST", "/logging?rbac=debug")).ShouldBe("200 active loggers:\n  http: info\n  rbac: debug\n\n");
        (await Ask("POST", "/logging?paths=http:trace,rbac:error")).ShouldBe("200 active loggers:\n  http: trace\n  rbac: error\n\n");
        (await Ask("POST", "/logging?level=warning")).ShouldBe("200 active loggers:\n  http: warning\n  rbac: warning\n\n");
        (await Ask("POST", "/logging?paths=http:debug,nope:debug")).ShouldStartWith("400 usage: /logging?");
    }

    [Fact]
    public async Task ServerInfoAndMemory_AreFullJson()
    {
        JsonNode info = JsonNode.Parse(await Get("/server_info"))!;
        info["state"]!.ToString().ShouldBe("LIVE");
        info["version"]!.ToString().ShouldBe("sha/1.19.3/Clean/RELEASE/BoringSSL");
        info["uptime_current_epoch"]!.ToString().ShouldMatch("^[0-9]+s$");
        info["node"]!["id"]!.ToString().ShouldBe("sidecar~10.0.0.1~a.b~c");
        info["command_line_options"]!["concurrency"]!.ToString().ShouldBe("1");

        JsonObject memory = JsonNode.Parse(await Get("/memory"))!.AsObject();
        memory.Select(f => f.Key).ShouldBe(["allocated", "heap_size", "pageheap_unmapped", "pageheap_free", "total_thread_cache", "total_physical_bytes"]);
        ulong.Parse(memory["allocated"]!.GetValue<string>()).ShouldBeGreaterThan(0ul);
    }

    [Fact]
    public async Task DrainAndQuit_ByPost_Act()
    {
        (await Ask("POST", "/drain_listeners?inboundonly")).ShouldBe("200 OK\n");
        (await Tool.RunAsync("curl", "", "-s", $"http://{_server.ListenerAddress("http")}/")).ShouldBe("x");
        (await Ask("POST", "/drain_listeners?graceful")).ShouldBe("200 OK\n");
        (await Tool.RunAsync("curl", "", "-s", "-i", $"http://{_server.ListenerAddress("http")}/")).ShouldContain("connection: close\r\n");

        _hasQuit.ShouldBeFalse();
        (await Ask("POST", "/quitquitquit")).ShouldBe("200 OK\n");
        _hasQuit.ShouldBeTrue();
    }

    private async Task<string> Get(string page)
    {
        string answer = await Ask("GET", page);
        answer.ShouldStartWith("200 ");
        return answer[4..];
    }

    private async Task<string> Ask(string method, string page)
    {
        string answer = await Tool.RunAsync("curl", "", "-s", "-g", "-X", method, "-w", "\n%{http_code}", $"http://{_server.LocalAddress("admin")}{page}");
        int code = answer.LastIndexOf('\n');
        return $"{answer[(code + 1)..]} {answer[..code]}";
    }

    private void Apply(string type, params Google.Protobuf.IMessage[] resources) => _server.Apply(type, "1", [.. resources.Select(ProxyBed.Pack)]).ShouldBeEmpty();

    // The pages need the server, the server's listener needs the pages.
    private sealed class Late : ILocalHandler
    {
        public AdminPages? Pages { get; set; }

        public ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted) => Pages!.HandleAsync(request, aborted);
    }

    private sealed class Levels : ILogLevelControl
    {
        private readonly SortedDictionary<string, string> _levels = new(StringComparer.Ordinal) { ["http"] = "info", ["rbac"] = "info" };

        IReadOnlyList<KeyValuePair<string, string>> ILogLevelControl.Levels() => [.. _levels];

        public bool TrySet(string logger, string level)
        {
            foreach (string name in _levels.Keys.Where(n => logger.Length == 0 || n == logger).ToList())
            {
                _levels[name] = level;
            }
            return logger.Length == 0 || _levels.ContainsKey(logger);
        }
    }
}
