using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Filters;

public sealed class CorsFilterTests
{
    [Fact]
    public async Task Preflight_OfAnAllowedOrigin_IsAnsweredByTheProxy()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("never"));
        await using ProxyBed bed = Serve(backend);

        string answer = await Ask(bed, "OPTIONS", "https://good.example", "Access-Control-Request-Method: PUT\r\n");

        answer.ShouldStartWith("HTTP/1.1 200 OK\r\n");
        answer.ShouldContain("access-control-allow-origin: https://good.example\r\n");
        answer.ShouldContain("access-control-allow-credentials: true\r\n");
        answer.ShouldContain("access-control-allow-methods: GET,PUT\r\n");
        answer.ShouldContain("access-control-allow-headers: x-token\r\n");
        answer.ShouldContain("access-control-max-age: 600\r\n");
        answer.ShouldContain("content-length: 0\r\n");
        backend.Connections.ShouldBe(0);
        bed.Server.Stats().Single(s => s.Name == "http.test.cors.origin_valid").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Request_OfAnAllowedOrigin_IsMarked()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("yes"));
        await using ProxyBed bed = Serve(backend);

        string answer = await Ask(bed, "GET", "https://good.example");

        answer.ShouldContain("access-control-allow-origin: https://good.example\r\n");
        answer.ShouldContain("access-control-expose-headers: x-exposed\r\n");
        answer.ShouldEndWith("yes");
    }

    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("GET")]
    public async Task Request_OfAnotherOrigin_PassesUnmarked(string method)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("yes"));
        await using ProxyBed bed = Serve(backend);

        string answer = await Ask(bed, method, "https://evil.example", "Access-Control-Request-Method: PUT\r\n");

        answer.ShouldNotContain("access-control");
        answer.ShouldEndWith("yes");
        bed.Server.Stats().Single(s => s.Name == "http.test.cors.origin_invalid").Value.ShouldBe(1);
    }

    private static Task<string> Ask(ProxyBed bed, string method, string origin, string more = "") => ProxyBed.Exchange(
        bed.At(), $"{method} / HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n{more}Connection: close\r\n\r\n", _ => false);

    private static ProxyBed Serve(Backend backend)
    {
        ProxyBed bed = new();
        CorsPolicy policy = new()
        {
            AllowMethods = "GET,PUT", AllowHeaders = "x-token", ExposeHeaders = "x-exposed", MaxAge = "600", AllowCredentials = true,
        };
        policy.AllowOriginStringMatch.Add(new Envoy.Type.Matcher.V3.StringMatcher { Exact = "https://good.example" });
        bed.ServeHttp(
            backend.At,
            route => route.TypedPerFilterConfig["envoy.filters.http.cors"] = ProxyBed.Pack(policy),
            manager => manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.cors", TypedConfig = ProxyBed.Pack(new Cors()) }));
        return bed;
    }
}
