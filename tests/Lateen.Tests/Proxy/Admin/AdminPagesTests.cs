using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Proxy.Admin;
using Lateen.Proxy.Local;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Admin;

public sealed class AdminPagesTests
{
    private readonly ProxyServer _proxy = new(new ProxyOptions { Concurrency = 1 }, NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
    private readonly AdminPages _pages;
    private bool _hasQuit;

    public AdminPagesTests() => _pages = new AdminPages(_proxy, new AdminContext
    {
        Node = static () => new Node { Id = "sidecar~10.0.0.1~a.b~c" },
        Version = "v",
        Address = "127.0.0.1:15000",
        Concurrency = 1,
        StartedAt = TimeProvider.System.GetUtcNow(),
        Time = TimeProvider.System,
        Quit = () => _hasQuit = true,
        Logging = new Levels(),
    });

    [Theory]
    [InlineData("/quitquitquit")]
    [InlineData("/drain_listeners")]
    [InlineData("/healthcheck/fail")]
    [InlineData("/logging")]
    [InlineData("/reset_counters")]
    public async Task Get_PageThatChangesSomething_Is405(string path)
    {
        var (status, body) = await AskAsync("GET", path);
        status.ShouldBe(405);
        body.ShouldBe("Method GET not allowed, POST required.");
        _hasQuit.ShouldBeFalse();
    }

    [Fact]
    public async Task Post_QuitQuitQuit_AsksForTheEnd()
    {
        (await AskAsync("POST", "/quitquitquit")).ShouldBe((200, "OK\n"));
        _hasQuit.ShouldBeTrue();
    }

    [Fact]
    public async Task Get_UnknownPath_Is404WithTheList()
    {
        var (status, body) = await AskAsync("GET", "/nope");
        status.ShouldBe(404);
        body.ShouldStartWith("invalid path. admin commands are:\n  /certs");
    }

    [Fact]
    public async Task Certs_AfterSecrets_ListsNamesAndEndWithoutKeys()
    {
        using Tls.TestIdentities identities = new();
        Any[] secrets = [ProxyBed.Pack(Tls.TestIdentities.KeySecret("default", identities.Workload("web"))), ProxyBed.Pack(identities.RootSecret("ROOTCA"))];
        _proxy.Apply(TypeUrls.Secret, "1", secrets).ShouldBeEmpty();

        var (status, body) = await AskAsync("GET", "/certs");

        status.ShouldBe(200);
        var certificates = JsonNode.Parse(body)!["certificates"]!.AsArray();
        certificates.Count.ShouldBe(2);
        body.ShouldContain("\"uri\": \"spiffe://cluster.local/ns/default/sa/web\"");
        body.ShouldContain("\"expiration_time\"");
        (await AskAsync("GET", "/config_dump?resource=dynamic_active_secrets")).Body.ShouldNotContain("PRIVATE KEY");
    }

    [Fact]
    public async Task ConfigDump_AfterClusters_HasEnvoysShapeAndFilters()
    {
        _proxy.Apply(TypeUrls.Cluster, "7", [Any.Pack(Cluster("a")), Any.Pack(Cluster("b"))]).ShouldBeEmpty();
        var (status, body) = await AskAsync("GET", "/config_dump");
        status.ShouldBe(200);
        var configs = JsonNode.Parse(body)!["configs"]!.AsArray();
        configs.Select(c => c!["@type"]!.ToString().Split('.')[^1])
            .ShouldBe(["BootstrapConfigDump", "ClustersConfigDump", "ListenersConfigDump", "RoutesConfigDump", "SecretsConfigDump"]);
        configs[1]!["version_info"]!.ToString().ShouldBe("7");
        configs[1]!["dynamic_active_clusters"]!.AsArray().Select(c => c!["cluster"]!["name"]!.ToString()).ShouldBe(["a", "b"]);

        (_, body) = await AskAsync("GET", "/config_dump?resource=dynamic_active_clusters&mask=cluster.name&name_regex=b");
        var only = JsonNode.Parse(body)!["configs"]!.AsArray().ShouldHaveSingleItem()!;
        only["cluster"]!.AsObject().Select(f => f.Key).ShouldBe(["@type", "name"]);
        only["cluster"]!["name"]!.ToString().ShouldBe("b");
    }

    [Theory]
    [InlineData("/config_dump?resource=nope", 404, "nope not found in config dump\n")]
    [InlineData("/stats?filter=(", 400, "Invalid re2 regex")]
    public async Task Get_WrongParameter_SaysSo(string target, int status, string body) =>
        (await AskAsync("GET", target)).ShouldBe((status, body));

    [Fact]
    public async Task Clusters_TextAndJson_CarryBreakersInEnvoysOrder()
    {
        _proxy.Apply(TypeUrls.Cluster, "7", [Any.Pack(Cluster("a"))]).ShouldBeEmpty();
        var (_, text) = await AskAsync("GET", "/clusters");
        text.ShouldStartWith("a::observability_name::a\na::default_priority::max_connections::1024\n");
        var (_, json) = await AskAsync("GET", "/clusters?format=json");
        JsonNode.Parse(json)!["cluster_statuses"]![0]!["name"]!.ToString().ShouldBe("a");
    }

    [Fact]
    public async Task Ready_BeforeAnyConfiguration_Is503() => (await AskAsync("GET", "/ready")).ShouldBe((503, "INITIALIZING\n"));

    [Fact]
    public async Task Logging_UnknownLevel_Is400WithUsage()
    {
        var (status, body) = await AskAsync("POST", "/logging?level=loud");
        status.ShouldBe(400);
        body.ShouldContain("error: unknown logger level");
    }

    private async Task<(int Status, string Body)> AskAsync(string method, string target)
    {
        var response = await _pages.HandleAsync(
            new LocalRequest(method, target, [], default, new IPEndPoint(IPAddress.Loopback, 1)), TestContext.Current.CancellationToken);
        var body = new MemoryStream();
        await foreach (var piece in response.Stream.ShouldNotBeNull("an admin page is sent chunked"))
        {
            body.Write(piece.Span);
        }

        return (response.Status, Encoding.UTF8.GetString(body.ToArray()));
    }

    private static Cluster Cluster(string name) => new()
    {
        Name = name, Type = Envoy.Config.Cluster.V3.Cluster.Types.DiscoveryType.Static, ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
    };

    private sealed class Levels : ILogLevelControl
    {
        IReadOnlyList<KeyValuePair<string, string>> ILogLevelControl.Levels() => [new("default", "info")];

        public bool TrySet(string logger, string level) => level == "debug";
    }
}
