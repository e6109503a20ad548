using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Routing;

/// <summary>Retry conditions, headers and limits, each against an upstream that fails a known number of times.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData("5xx", "500 No", "", true)]
    [InlineData("gateway-error", "502 No", "", true)]
    [InlineData("gateway-error", "500 No", "", false)]
    [InlineData("retriable-4xx", "409 No", "", true)]
    [InlineData("retriable-headers", "200 OK", "x-again: yes\r\n", true)]
    [InlineData("envoy-ratelimited", "429 No", "x-envoy-ratelimited: true\r\n", true)]
    [InlineData("5xx", "503 No", "x-envoy-ratelimited: true\r\n", false)]
    [InlineData("connect-failure,refused-stream", "503 No", "", false)]
    [InlineData("unknown,5xx", "503 No", "", true)]
    public async Task Condition_OnAnAnswer_RetriesOrNot(string on, string status, string header, bool retried)
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ => Interlocked.Increment(ref calls) == 1
            ? $"HTTP/1.1 {status}\r\ncontent-length: 0\r\n{header}\r\n" : Backend.Ok("second"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r =>
        {
            r.Route_.RetryPolicy = new() { RetryOn = on };
            r.Route_.RetryPolicy.RetriableHeaders.Add(new HeaderMatcher { Name = "x-again", PresentMatch = true });
        });

        await Ask(bed);

        calls.ShouldBe(retried ? 2 : 1);
    }

    [Fact]
    public async Task Reset_BeforeTheAnswer_IsRetriedUnderReset()
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ => Interlocked.Increment(ref calls) == 1 ? "" : Backend.Ok("second"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.RetryPolicy = new() { RetryOn = "reset" });

        (await Ask(bed)).ShouldEndWith("second");
    }

    [Fact]
    public async Task Headers_OfAnInternalClient_OverrideTheRoute()
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ => Interlocked.Increment(ref calls) < 4
            ? "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n" : Backend.Ok("fourth"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await Ask(bed, "X-Forwarded-For: 10.0.0.1\r\nx-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 3\r\n");

        answer.ShouldEndWith("fourth");
        calls.ShouldBe(4);
    }

    [Fact]
    public async Task Headers_OfAnExternalClient_AreIgnored()
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ =>
        {
            calls++;
            return "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n";
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        await Ask(bed, "x-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 3\r\n");

        calls.ShouldBe(1);
    }

    [Fact]
    public async Task Attempts_AskedFor_AreNumbered()
    {
        List<string> seen = [];
        await using Backend backend = Backend.Http(r =>
        {
            seen.Add(r.Split("\r\n").Single(l => l.StartsWith("x-envoy-attempt-count", StringComparison.Ordinal)));
            return seen.Count < 3 ? "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n" : Backend.Ok("third");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.RetryPolicy = new() { RetryOn = "5xx", NumRetries = 2 });
        RouteConfiguration routes = ProxyBed.Routes("routes", ProxyBed.To("backend"));
        routes.VirtualHosts[0].Routes[0].Route_.RetryPolicy = new() { RetryOn = "5xx", NumRetries = 2 };
        routes.VirtualHosts[0].IncludeRequestAttemptCount = routes.VirtualHosts[0].IncludeAttemptCountInResponse = true;
        bed.Apply(TypeUrls.RouteConfiguration, routes);

        string answer = await Ask(bed);

        seen.ShouldBe(["x-envoy-attempt-count: 1", "x-envoy-attempt-count: 2", "x-envoy-attempt-count: 3"]);
        answer.ShouldContain("x-envoy-attempt-count: 3\r\n");
    }

    [Fact]
    public async Task Retries_UsedUp_GiveTheLastAnswerAndCount()
    {
        await using Backend backend = Backend.Http(_ => "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n");
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.RetryPolicy = new() { RetryOn = "5xx", NumRetries = 2 });

        (await Ask(bed)).ShouldStartWith("HTTP/1.1 503");

        Stat(bed, "upstream_rq_retry").ShouldBe(2);
        Stat(bed, "upstream_rq_retry_limit_exceeded").ShouldBe(1);
        Stat(bed, "upstream_rq_total").ShouldBe(3);
    }

    [Fact]
    public async Task Silence_WithinAnAttempt_IsRetriedAfterThePerTryIdleTimeout()
    {
        int calls = 0;
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            await socket.ReceiveAsync(buffer, System.Net.Sockets.SocketFlags.None, stop);
            if (Interlocked.Increment(ref calls) == 1)
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Backend.Ok("second")), System.Net.Sockets.SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.RetryPolicy = new()
        {
            RetryOn = "5xx", PerTryIdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), // the second attempt answers well within it on a busy machine too
        });

        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("second"))).ShouldStartWith("HTTP/1.1 200");

        Stat(bed, "upstream_rq_per_try_idle_timeout").ShouldBe(1);
    }

    [Fact]
    public async Task Backoff_ToldByTheServer_IsObeyed()
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ => Interlocked.Increment(ref calls) == 1
            ? "HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 0\r\n\r\n" : Backend.Ok("second"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r =>
        {
            r.Route_.RetryPolicy = new() { RetryOn = "5xx", RateLimitedRetryBackOff = new() };
            r.Route_.RetryPolicy.RateLimitedRetryBackOff.ResetHeaders.Add(new RetryPolicy.Types.ResetHeader { Name = "Retry-After" });
        });

        (await Ask(bed)).ShouldEndWith("second");

        Stat(bed, "upstream_rq_retry_backoff_ratelimited").ShouldBe(1);
        Stat(bed, "upstream_rq_retry_backoff_exponential").ShouldBe(0);
    }

    [Fact]
    public async Task Unsupported_IsRefusedWithItsPath()
    {
        await using ProxyBed bed = new();
        Route route = ProxyBed.To("backend");
        route.Route_.HedgePolicy = new();
        route.Route_.InternalRedirectPolicy = new();
        route.Route_.RetryPolicy = new() { RetryHostPredicate = { new RetryPolicy.Types.RetryHostPredicate { Name = "envoy.retry_host_predicates.omit_canary_hosts" } } };

        IReadOnlyList<ResourceProblem> problems = bed.Server.Apply(TypeUrls.RouteConfiguration, "1", [ProxyBed.Pack(ProxyBed.Routes("routes", route))]);

        problems.Select(p => p.Path).ShouldBe(
            [
                "virtual_hosts[0].routes[0].route.hedge_policy", "virtual_hosts[0].routes[0].route.internal_redirect_policy",
                "virtual_hosts[0].routes[0].route.retry_policy.retry_host_predicate",
            ],
            ignoreOrder: true);
    }

    private static long Stat(ProxyBed bed, string name) => bed.Server.Stats().Single(s => s.Name == $"cluster.backend.{name}").Value;

    private static Task<string> Ask(ProxyBed bed, string headers = "") =>
        ProxyBed.Exchange(bed.At(), $"GET / HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n", _ => false);
}
