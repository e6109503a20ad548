using System.Net;
using System.Net.Sockets;
using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Api;
using Shouldly;
using Xunit;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Lateen.Tests.Proxy.Filters.Rbac;

/// <summary>Access rules over loopback: requests and connections.</summary>
public sealed class RbacFilterTests
{
    private const string Get = "GET /public/a?q HTTP/1.1\r\nHost: web\r\n\r\n";
    private const string Post = "POST /public/a HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task AllowRule_OfMethodAndPath_LetsThoseThroughAndDeniesTheRest()
    {
        RBAC rules = Rules(
            RBAC.Types.Action.Allow,
            new Permission
            {
                AndRules = new()
                {
                    Rules =
                    {
                        new Permission { Header = new() { Name = ":method", StringMatch = new() { Exact = "GET" } } },
                        new Permission { UrlPath = new() { Path = new() { Prefix = "/public/" } } },
                    },
                },
            });

        (await Send(rules, Get)).ShouldStartWith("HTTP/1.1 200");
        string denied = await Send(rules, Post);
        denied.ShouldStartWith("HTTP/1.1 403 Forbidden\r\n");
        denied.ShouldEndWith("RBAC: access denied");
        (await Send(rules, Get.Replace("/public", "/private", StringComparison.Ordinal))).ShouldStartWith("HTTP/1.1 403");
    }

    [Fact]
    public async Task Denial_WhereNoRouteMatches_Is403AndAllowanceIs404()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("ok"));
        await using ProxyBed bed = new();
        RBAC rules = Rules(RBAC.Types.Action.Deny, new Permission { UrlPath = new() { Path = new() { Prefix = "/denied" } } });
        bed.ServeHttp(backend.At, r => r.Match = new() { Prefix = "/known" }, m => m.HttpFilters.Add(Filter(new HttpRbac { Rules = rules })));

        string denied = await ProxyBed.Exchange(bed.At(), "GET /denied HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n", _ => false);
        string unknown = await ProxyBed.Exchange(bed.At(), "GET /unknown HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n", _ => false);

        denied.ShouldStartWith("HTTP/1.1 403 Forbidden\r\n");
        denied.ShouldEndWith("RBAC: access denied");
        unknown.ShouldStartWith("HTTP/1.1 404 ");
    }

    [Fact]
    public async Task Rules_ThatComeLater_HoldForTheNextRequestOfAnOlderConnection()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("ok"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Get));
        (await ProxyBed.Receive(socket, t => t.EndsWith("ok"))).ShouldStartWith("HTTP/1.1 200");

        HttpRbac denial = new() { Rules = Rules(RBAC.Types.Action.Deny, new Permission { Any = true }) };
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.HttpFilters.Add(Filter(denial)))));
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Get));
        string answer = await ProxyBed.Receive(socket, _ => false);

        answer.ShouldStartWith("HTTP/1.1 403 ");
        answer.ShouldContain("connection: close\r\n");
    }

    [Theory]
    [InlineData("127.0.0.0", 8u, "403")]
    [InlineData("10.0.0.0", 8u, "200")]
    public async Task DenyRule_OfSourceAddress_DeniesThatRange(string prefix, uint length, string status)
    {
        RBAC rules = Rules(RBAC.Types.Action.Deny, new() { Any = true }, new() { DirectRemoteIp = new() { AddressPrefix = prefix, PrefixLen = length } });

        (await Send(rules, Get)).ShouldStartWith("HTTP/1.1 " + status);
    }

    [Fact]
    public async Task PeerPrincipal_OnAPlainConnection_MatchesNothing()
    {
        Principal peer = new() { FilterState = new() { Key = "io.istio.peer_principal", StringMatch = new() { SafeRegex = new() { Regex = ".+" } } } };

        (await Send(Rules(RBAC.Types.Action.Allow, new() { Any = true }, peer), Get)).ShouldStartWith("HTTP/1.1 403");
        (await Send(Rules(RBAC.Types.Action.Deny, new() { Any = true }, peer), Get)).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task NotRule_OfAHeader_Inverts()
    {
        RBAC rules = Rules(RBAC.Types.Action.Deny, new() { NotRule = new() { Header = new() { Name = "x-key", PresentMatch = true } } });

        (await Send(rules, Get)).ShouldStartWith("HTTP/1.1 403");
        (await Send(rules, Get.Replace("Host:", "X-Key: 1\r\nHost:", StringComparison.Ordinal))).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Shadow_ThatWouldDeny_LetsTheRequestThrough()
    {
        HttpRbac filter = new() { ShadowRules = Rules(RBAC.Types.Action.Deny, new() { Any = true }), ShadowRulesStatPrefix = "istio_dry_run_deny_" };
        await using Backend backend = Backend.Http(_ => Backend.Ok("ok"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.HttpFilters.Add(Filter(filter)));

        (await ProxyBed.Exchange(bed.At(), Get, t => t.EndsWith("ok"))).ShouldStartWith("HTTP/1.1 200");
        bed.Server.Stats().Single(s => s.Name == "http.test.rbac.istio_dry_run_deny_shadow_denied").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Condition_InCel_IsRefusedWithItsPath()
    {
        RBAC rules = Rules(RBAC.Types.Action.Allow, new() { Any = true });
        rules.Policies["p"].Condition = new();
        await using ProxyBed bed = new();
        Listener listener = ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.HttpFilters.Add(Filter(new HttpRbac { Rules = rules }))));

        bed.Server.Apply(TypeUrls.Listener, "1", [ProxyBed.Pack(listener)]).ShouldHaveSingleItem().ToString()
            .ShouldContain("http_filters[0].typed_config.rules.policies[p].condition");
    }

    [Theory]
    [InlineData("127.0.0.0", true)]
    [InlineData("10.0.0.0", false)]
    public async Task NetworkRule_OfSourceAddress_ClosesTheConnectionBeforeTheUpstreamIsCalled(string prefix, bool isDenied)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("ok"));
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        NetworkRbac rbac = new()
        {
            StatPrefix = "tcp.",
            Rules = Rules(RBAC.Types.Action.Deny, new() { Any = true }, new() { DirectRemoteIp = new() { AddressPrefix = prefix, PrefixLen = 8 } }),
        };
        FilterChain chain = new() { Name = "tcp" };
        chain.Filters.Add(new Filter { Name = "envoy.filters.network.rbac", TypedConfig = ProxyBed.Pack(rbac) });
        chain.Filters.Add(new Filter { Name = "envoy.filters.network.tcp_proxy", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }) });
        Listener listener = new() { Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)) };
        listener.FilterChains.Add(chain);
        bed.Apply(TypeUrls.Listener, listener);

        string answer = await Ask(bed.At("tcp"));

        (answer.Length == 0).ShouldBe(isDenied);
        backend.Connections.ShouldBe(isDenied ? 0 : 1);
    }

    // A connection that is closed with bytes unread is reset.
    private static async Task<string> Ask(IPEndPoint at)
    {
        try
        {
            return await ProxyBed.Exchange(at, Get, t => t.EndsWith("ok"));
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private static async Task<string> Send(RBAC rules, string request)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("ok"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.HttpFilters.Add(Filter(new HttpRbac { Rules = rules })));
        return await ProxyBed.Exchange(bed.At(), request, t => t.EndsWith("ok") || t.EndsWith("denied"));
    }

    private static HttpFilter Filter(HttpRbac rbac) => new() { Name = "envoy.filters.http.rbac", TypedConfig = ProxyBed.Pack(rbac) };

    private static RBAC Rules(RBAC.Types.Action action, Permission permission, Principal? principal = null) => new()
    {
        Action = action,
        Policies = { ["p"] = new Policy { Permissions = { permission }, Principals = { principal ?? new() { Any = true } } } },
    };
}
