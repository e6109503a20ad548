using System.Net.Sockets;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>Time limits of heads, requests and streams, and trailers over HTTP/1.</summary>
public sealed class HttpLimitTests
{
    private static readonly Duration Short = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(30));

    // What must happen before the limit cuts happens within it on a busy machine too.
    private static readonly Duration LongEnoughToBegin = Duration.FromTimeSpan(TimeSpan.FromSeconds(2));

    [Fact]
    public async Task Head_ThatIsSlow_Is408AndClosed()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.RequestHeadersTimeout = Short);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHos", _ => false);

        answer.ShouldStartWith("HTTP/1.1 408 ");
        answer.ShouldContain("connection: close\r\n");
        answer.ShouldEndWith("request header timeout");
    }

    [Fact]
    public async Task Request_ThatDoesNotEnd_Is408()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.RequestTimeout = Short);

        string answer = await ProxyBed.Exchange(bed.At(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhal", _ => false);

        answer.ShouldStartWith("HTTP/1.1 408 ");
        answer.ShouldEndWith("request timeout");
    }

    [Fact]
    public async Task Stream_WithoutAnyByte_Is504AfterItsIdleTime()
    {
        await using Backend backend = new(async (_, stop) => await Task.Delay(Timeout.Infinite, stop));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.StreamIdleTimeout = Short);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("timeout"));

        answer.ShouldStartWith("HTTP/1.1 504 ");
        answer.ShouldEndWith("stream timeout");
    }

    [Fact]
    public async Task Route_TimeoutWithinTheBody_CutsTheAnswer()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
            await socket.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"u8.ToArray(), SocketFlags.None, stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.Timeout = LongEnoughToBegin);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", _ => false);

        answer.ShouldStartWith("HTTP/1.1 200 ");
        answer.ShouldEndWith("half");
        string[] failures = await FailuresAsync(bed);
        failures.ShouldHaveSingleItem().ShouldContain(" 200 UT: 127.0.0.1:");
        failures[0].ShouldEndWith(" did not come to the end of its answer within 2000 ms, the route's limit");
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.upstream_rq_timeout").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_LongerThanItsDuration_IsCutOnceItsAnswerHasBegun()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
            await socket.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"u8.ToArray(), SocketFlags.None, stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.CommonHttpProtocolOptions = new() { MaxStreamDuration = LongEnoughToBegin });

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", _ => false);

        answer.ShouldEndWith("\r\n\r\nhalf");
    }

    [Fact]
    public async Task GrpcTimeout_WhereTheRouteLooksAtIt_EndsTheCall()
    {
        string seen = "";
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            seen = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, stop));
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.MaxGrpcTimeout = new Duration());

        string answer = await ProxyBed.Exchange(
            bed.At(), "POST /a.B/C HTTP/1.1\r\nHost: a\r\ncontent-type: application/grpc\r\ngrpc-timeout: 30000u\r\ncontent-length: 0\r\n\r\n",
            t => t.Contains("\r\n\r\n"));

        answer.ShouldStartWith("HTTP/1.1 200 ");
        answer.ShouldContain("grpc-status: 14\r\n");
        answer.ShouldContain("grpc-message: upstream request timeout\r\n");
        seen.ShouldContain("grpc-timeout: 30m\r\n");
    }

    [Theory]
    [InlineData("1S", 1000)]
    [InlineData("2M", 120_000)]
    [InlineData("1H", 3_600_000)]
    [InlineData("5m", 5)]
    [InlineData("1500u", 2)]
    [InlineData("1n", 1)]
    [InlineData("99999999S", 99_999_999_000)]
    [InlineData("123456789S", -1)]
    [InlineData("S", -1)]
    [InlineData("-1S", -1)]
    [InlineData("1s", -1)]
    [InlineData("1", -1)]
    public void GrpcTimeout_InEveryUnit_IsMilliseconds(string text, long milliseconds)
    {
        bool ok = GrpcTimeout.TryParse(Encoding.ASCII.GetBytes(text), out long value);

        (ok ? value : -1).ShouldBe(milliseconds);
    }

    [Fact]
    public async Task Trailers_WhereEnabled_PassWithTheBody()
    {
        string seen = "";
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            while (!seen.EndsWith("\r\n\r\n") || !seen.Contains("\r\n0\r\n"))
            {
                seen += Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, stop));
            }
            await socket.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 9\r\n\r\n"u8.ToArray(), SocketFlags.None, stop);
            await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.HttpProtocolOptions = new() { EnableTrailers = true });
        Envoy.Config.Cluster.V3.Cluster cluster = ProxyBed.Eds("backend");
        cluster.TypedExtensionProtocolOptions.Add(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            ProxyBed.Pack(new Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions
            {
                ExplicitHttpConfig = new() { HttpProtocolOptions = new() { EnableTrailers = true } },
            }));
        bed.Apply(Lateen.Api.TypeUrls.Cluster, cluster);
        bed.Apply(Lateen.Api.TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));

        string answer = await ProxyBed.Exchange(
            bed.At(), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nX-One: 1\r\nHost: evil\r\n\r\n",
            t => t.EndsWith("\r\n\r\n") && t.Contains("\r\n0\r\n"));

        seen.ShouldEndWith("\r\n1\r\nb\r\n0\r\nX-One: 1\r\n\r\n");
        answer.ShouldEndWith("\r\n1\r\na\r\n0\r\nX-Sum: 9\r\n\r\n");
    }

    // The connection is cut before the failure is noted.
    private static async Task<string[]> FailuresAsync(ProxyBed bed)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!bed.Server.Failures().Any())
        {
            await Task.Delay(5, limit.Token);
        }
        return [.. bed.Server.Failures()];
    }
}
