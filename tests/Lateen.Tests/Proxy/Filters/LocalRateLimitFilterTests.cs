using Envoy.Extensions.Filters.Http.LocalRatelimit.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Filters.LocalRateLimit;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Filters;

public sealed class LocalRateLimitFilterTests
{
    [Fact]
    public void Bucket_Emptied_FillsAtEachInterval()
    {
        TokenBucket bucket = new(2, 1, 1000, now: 0);
        (bucket.TryTake(0), bucket.TryTake(0), bucket.TryTake(999)).ShouldBe((true, true, false));
        (bucket.TryTake(1000), bucket.TryTake(1999)).ShouldBe((true, false));
        bucket.UntilFill(1500).ShouldBe(500);
        (bucket.TryTake(60_000), bucket.TryTake(60_000), bucket.TryTake(60_000)).ShouldBe((true, true, false));
    }

    [Fact]
    public async Task Requests_BeyondTheBucket_Are429()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("yes"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.HttpFilters.Add(Filter(Limit(2))));

        (await Ask(bed)).ShouldEndWith("yes");
        (await Ask(bed)).ShouldEndWith("yes");
        string third = await Ask(bed);

        third.ShouldStartWith("HTTP/1.1 429 Too Many Requests\r\n");
        third.ShouldContain("x-limited: yes\r\n");
        third.ShouldContain("x-ratelimit-limit: 2\r\n");
        third.ShouldContain("x-ratelimit-remaining: 0\r\n");
        third.ShouldEndWith("\r\n\r\nlocal_rate_limited");
        bed.Server.Stats().Where(s => s.Name.StartsWith("lim.http_local_rate_limit.", StringComparison.Ordinal))
            .Select(s => (s.Name[26..], s.Value)).ShouldBe([("enabled", 3), ("enforced", 1), ("rate_limited", 1), ("ok", 2)]);
    }

    [Fact]
    public async Task Limit_NotEnforced_OnlyCounts()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("yes"));
        await using ProxyBed bed = new();
        LocalRateLimit limit = Limit(1);
        limit.FilterEnforced = null;
        bed.ServeHttp(backend.At, manager: m => m.HttpFilters.Add(Filter(limit)));

        await Ask(bed);
        (await Ask(bed)).ShouldEndWith("yes");

        bed.Server.Stats().Single(s => s.Name == "lim.http_local_rate_limit.rate_limited").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Descriptors_AreRefusedWithTheirPath()
    {
        await using ProxyBed bed = new();
        LocalRateLimit limit = Limit(1);
        limit.Descriptors.Add(new Envoy.Extensions.Common.Ratelimit.V3.LocalRateLimitDescriptor());
        HttpConnectionManager manager = ProxyBed.Manager("routes", m => m.HttpFilters.Add(Filter(limit)));

        bed.Server.Apply(TypeUrls.Listener, "1", [ProxyBed.Pack(ProxyBed.HttpListener("http", manager))]).ShouldHaveSingleItem()
            .ToString().ShouldContain("filter_chains[0].filters[0].typed_config.http_filters[0].typed_config.descriptors");
    }

    private static Task<string> Ask(ProxyBed bed) =>
        ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false);

    private static HttpFilter Filter(LocalRateLimit limit) => new() { Name = "envoy.filters.http.local_ratelimit", TypedConfig = ProxyBed.Pack(limit) };

    private static LocalRateLimit Limit(uint tokens) => new()
    {
        StatPrefix = "lim",
        TokenBucket = new() { MaxTokens = tokens, FillInterval = Duration.FromTimeSpan(TimeSpan.FromHours(1)) },
        FilterEnabled = new() { DefaultValue = new() { Numerator = 100 } },
        FilterEnforced = new() { DefaultValue = new() { Numerator = 100 } },
        EnableXRatelimitHeaders = Envoy.Extensions.Common.Ratelimit.V3.XRateLimitHeadersRFCVersion.DraftVersion03,
        ResponseHeadersToAdd = { new Envoy.Config.Core.V3.HeaderValueOption { Header = new() { Key = "x-limited", Value = "yes" } } },
    };
}
