using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Trace.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Type.Tracing.V3;
using Lateen.Api;
using Lateen.Proxy;
using Shouldly;
using Xunit;
using Percent = Envoy.Type.V3.Percent;

namespace Lateen.Tests.Proxy.Tracing;

/// <summary>Trace context on its way through the proxy, the sampling decision, and the spans at a collector.</summary>
public sealed class TracingTests
{
    [Fact]
    public async Task Request_Sampled_PassesOnB3AndReportsItsSpanToZipkin()
    {
        TaskCompletionSource<string> reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend collector = Backend.Http(r =>
        {
            reported.TrySetResult(r);
            return "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        });
        string seen = await Through(collector.At, 100, "GET /shop?q=1 HTTP/1.1\r\nHost: reviews\r\nuser-agent: test\r\n\r\n", TrafficDirection.Outbound);

        Field(seen, "x-b3-sampled").ShouldBe("1");
        Field(seen, "x-b3-traceid").ShouldMatch("^[0-9a-f]{32}$");
        Field(seen, "x-request-id")[14].ShouldBe('9', "the mark of a sampled request");
        string report = await reported.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        report.ShouldStartWith("POST /api/v2/spans HTTP/1.1\r\n");
        JsonElement span = JsonDocument.Parse(report[report.IndexOf('[', StringComparison.Ordinal)..]).RootElement[0];
        span.GetProperty("traceId").GetString().ShouldBe(Field(seen, "x-b3-traceid"));
        span.GetProperty("id").GetString().ShouldBe(Field(seen, "x-b3-spanid"));
        span.GetProperty("name").GetString().ShouldBe("egress reviews");
        span.GetProperty("kind").GetString().ShouldBe("CLIENT");
        JsonElement tags = span.GetProperty("tags");
        tags.GetProperty("http.url").GetString().ShouldBe("http://reviews/shop?q=1");
        tags.GetProperty("http.status_code").GetString().ShouldBe("200");
        tags.GetProperty("upstream_cluster").GetString().ShouldBe("backend");
        tags.GetProperty("user_agent").GetString().ShouldBe("test");
        tags.GetProperty("team").GetString().ShouldBe("shop");
        tags.GetProperty("response_flags").GetString().ShouldBe("-");
    }

    [Fact]
    public async Task Request_NotSampled_StillPassesOnItsContext()
    {
        string seen = await Through(null, 0, "GET / HTTP/1.1\r\nHost: reviews\r\n\r\n", TrafficDirection.Outbound);

        Field(seen, "x-b3-sampled").ShouldBe("0");
        Field(seen, "x-request-id")[14].ShouldBe('4');
    }

    [Theory]
    [InlineData("b3: 463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-1", "b3", "^463ac35c9f6413ad48485a3953bb6124-[0-9a-f]{16}-1$")]
    [InlineData("b3: 463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-1", "x-b3-parentspanid", "^a2fb4a1d1a96d312$")]
    [InlineData("x-b3-traceid: 48485a3953bb6124\r\nx-b3-spanid: a2fb4a1d1a96d312\r\nx-b3-sampled: 1", "x-b3-traceid", "^000000000000000048485a3953bb6124$")]
    [InlineData("x-b3-traceid: 48485a3953bb6124\r\nx-b3-spanid: a2fb4a1d1a96d312\r\nx-b3-sampled: 1", "x-b3-sampled", "^1$")]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "traceparent", "^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$")]
    [InlineData("traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01", "x-b3-sampled", "^0$")]
    public async Task Context_OfAnyForm_IsContinuedInItsForm(string headers, string field, string expected)
    {
        string seen = await Through(null, 0, $"GET / HTTP/1.1\r\nHost: reviews\r\n{headers}\r\n\r\n", TrafficDirection.Outbound);

        Field(seen, field).ShouldMatch(expected);
    }

    [Fact]
    public async Task ForcedTrace_WithoutRandomSampling_IsMarkedAndSampled()
    {
        string seen = await Through(null, 0, "GET / HTTP/1.1\r\nHost: reviews\r\nx-client-trace-id: 1\r\n\r\n", TrafficDirection.Outbound);

        Field(seen, "x-request-id")[14].ShouldBe('b');
        Field(seen, "x-b3-sampled").ShouldBe("1");
    }

    private static async Task<string> Through(IPEndPoint? collector, double share, string request, TrafficDirection direction)
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("hello");
        });
        await using ProxyBed bed = new(new ProxyOptions { Concurrency = 1, NodeCluster = "productpage.shop" });
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"), ProxyBed.Eds("zipkin"));
        bed.Apply(
            TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At),
            collector is null ? ProxyBed.Endpoints("zipkin") : ProxyBed.Endpoints("zipkin", collector));
        Listener listener = ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.Tracing = new HttpConnectionManager.Types.Tracing
        {
            RandomSampling = new Percent { Value = share },
            CustomTags = { new CustomTag { Tag = "team", Literal = new() { Value = "shop" } } },
            Provider = new()
            {
                Name = "envoy.tracers.zipkin",
                TypedConfig = ProxyBed.Pack(new ZipkinConfig { CollectorCluster = "zipkin", CollectorEndpoint = "/api/v2/spans", TraceId128Bit = true }),
            },
        }));
        listener.TrafficDirection = direction;
        bed.Apply(TypeUrls.Listener, listener);
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        await ProxyBed.Exchange(bed.At(), request, t => t.EndsWith("hello"));
        if (collector is not null)
        {
            for (int i = 0; i < 1000 && !bed.Server.Stats().Any(s => s.Name == "tracing.zipkin.zipkin.sent" && s.Value > 0); i++)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
        return seen;
    }

    private static string Field(string head, string name) =>
        Regex.Match(head, $"^{name}: (.*?)\r$", RegexOptions.Multiline | RegexOptions.IgnoreCase) is { Success: true } match
            ? match.Groups[1].Value : throw new InvalidOperationException($"no {name} in {head}");
}
