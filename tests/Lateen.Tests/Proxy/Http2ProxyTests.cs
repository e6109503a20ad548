using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Extensions.Upstreams.Http.V3;
using Lateen.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>HTTP/2 in cleartext through the proxy, with .NET's client and Kestrel as peers, in every pairing of versions.</summary>
public sealed class Http2ProxyTests
{
    public static TheoryData<int, int> Pairings => new() { { 1, 2 }, { 2, 1 }, { 2, 2 } };

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task Request_BetweenVersions_KeepsHeadAndBody(int downstream, int upstream)
    {
        string seen = "";
        await using WebApplication backend = await StartAsync(async context =>
        {
            string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            seen = $"{context.Request.Protocol} {context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Host} "
                + $"{context.Request.Headers["x-one"]} {context.Request.Headers.Cookie} {body}";
            context.Response.Headers["x-two"] = "2";
            await context.Response.WriteAsync("answer to " + body);
        });
        await using ProxyBed bed = Serve(backend, upstream);
        using HttpClient client = Client(downstream);
        using HttpRequestMessage request = new(HttpMethod.Post, $"http://{bed.At()}/path?q=1") { Content = new StringContent("body") };
        (request.Version, request.VersionPolicy) = (client.DefaultRequestVersion, client.DefaultVersionPolicy);
        request.Headers.Host = "a.example";
        request.Headers.Add("x-one", "1");
        request.Headers.Add("cookie", "a=1; b=2");

        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Version.Major.ShouldBe(downstream);
        response.Headers.GetValues("x-two").ShouldBe(["2"]);
        response.Headers.GetValues("server").ShouldBe(["envoy"]);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("answer to body");
        seen.ShouldBe($"HTTP/{(upstream == 2 ? "2" : "1.1")} POST /path?q=1 a.example 1 a=1; b=2 body");
    }

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task LargeBodies_AtOnce_ArriveWhole(int downstream, int upstream)
    {
        await using WebApplication backend = await StartAsync(async context =>
        {
            // Read to the end first: .NET's client reads no answer before its request is out.
            using MemoryStream copy = new();
            await context.Request.Body.CopyToAsync(copy);
            await context.Response.Body.WriteAsync(copy.ToArray());
        });
        await using ProxyBed bed = Serve(backend, upstream);
        using HttpClient client = Client(downstream);
        byte[] body = new byte[3 * 1024 * 1024];
        new Random(3).NextBytes(body);

        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using HttpResponseMessage response = await client.PostAsync($"http://{bed.At()}/", new ByteArrayContent(body), TestContext.Current.CancellationToken);
            return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }));

        foreach (byte[] answer in answers)
        {
            answer.AsSpan().SequenceEqual(body).ShouldBeTrue($"{answer.Length} bytes came back");
        }
    }

    [Fact]
    public async Task Requests_AtOnce_ShareOneUpstreamConnection()
    {
        HashSet<string> connections = [];
        await using WebApplication backend = await StartAsync(async context =>
        {
            lock (connections)
            {
                connections.Add(context.Connection.Id);
            }
            await Task.Delay(10);
            await context.Response.WriteAsync(context.Request.Path);
        });
        await using ProxyBed bed = Serve(backend, 2);
        using HttpClient client = Client(2);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i =>
            client.GetStringAsync($"http://{bed.At()}/{i}", TestContext.Current.CancellationToken)));

        answers.ShouldBe([.. Enumerable.Range(0, 60).Select(i => $"/{i}")]);
        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Streams_AboveTheServersLimit_WaitOrGoByAnotherConnection()
    {
        HashSet<string> connections = [];
        await using WebApplication backend = await StartAsync(
            async context =>
            {
                lock (connections)
                {
                    connections.Add(context.Connection.Id);
                }
                await Task.Delay(20);
                await context.Response.WriteAsync("ok");
            },
            limit: 5);
        await using ProxyBed bed = Serve(backend, 2);
        using HttpClient client = Client(2);
        await client.GetStringAsync($"http://{bed.At()}/", TestContext.Current.CancellationToken);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            client.GetStringAsync($"http://{bed.At()}/", TestContext.Current.CancellationToken)));

        answers.ShouldAllBe(a => a == "ok");
        connections.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Trailers_OfAGrpcAnswer_ReachTheClient()
    {
        await using WebApplication backend = await StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.WriteAsync("message");
            context.Response.AppendTrailer("grpc-status", "5");
        });
        await using ProxyBed bed = Serve(backend, 2);
        using HttpClient client = Client(2);

        using HttpResponseMessage response = await client.PostAsync($"http://{bed.At()}/", Grpc("x"), TestContext.Current.CancellationToken);
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["5"]);
    }

    [Fact]
    public async Task Grpc_WithoutRoute_IsUnimplementedInHeadersOnly()
    {
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend", "/other")));
        using HttpClient client = Client(2);

        using HttpResponseMessage response = await client.PostAsync($"http://{bed.At()}/a.B/C", Grpc("x"), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("grpc-status").ShouldBe(["12"]);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/grpc");
    }

    [Fact]
    public async Task Upstream_ThatRefusesAStream_IsAskedAgainWhateverTheMethod()
    {
        int asked = 0;
        await using WebApplication backend = await StartAsync(async context =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(7);
                return;
            }
            await context.Response.WriteAsync("second");
        });
        await using ProxyBed bed = Serve(backend, 2);
        using HttpClient client = Client(2);

        using HttpResponseMessage response = await client.PostAsync($"http://{bed.At()}/", new StringContent("body"), TestContext.Current.CancellationToken);

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("second");
    }

    [Fact]
    public async Task Client_ThatCancels_CancelsTheUpstreamsStream()
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication backend = await StartAsync(async context =>
        {
            context.RequestAborted.Register(cancelled.SetResult);
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using ProxyBed bed = Serve(backend, 2);
        using HttpClient client = Client(2);
        using CancellationTokenSource stop = new();

        Task<string> call = client.GetStringAsync($"http://{bed.At()}/", stop.Token);
        await reached.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await cancelled.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Preface_InPieces_IsRecognised()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        await socket.SendAsync("PRI * HT"u8.ToArray(), TestContext.Current.CancellationToken);
        await socket.SendAsync("TP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), TestContext.Current.CancellationToken);
        await socket.SendAsync(
            (byte[])[0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41, 1, (byte)'a'], TestContext.Current.CancellationToken);
        string answer = await ProxyBed.Receive(socket, t => t.EndsWith("\0\0\u0001\0\u0001\0\0\0\u0001x", StringComparison.Ordinal));

        answer[3].ShouldBe((char)4, "the first frame is SETTINGS");
        answer.ShouldEndWith("x");
    }

    private static StringContent Grpc(string text)
    {
        StringContent content = new(text);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return content;
    }

    private static HttpClient Client(int version) => new(new SocketsHttpHandler())
    {
        DefaultRequestVersion = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(20),
    };

    private static async Task<WebApplication> StartAsync(RequestDelegate serve, int limit = 100)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Limits.Http2.MaxStreamsPerConnection = limit;
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
        });
        WebApplication app = builder.Build();
        app.Run(serve);
        await app.StartAsync();
        return app;
    }

    private static ProxyBed Serve(WebApplication backend, int upstream)
    {
        Uri[] urls = [.. backend.Urls.Select(u => new Uri(u))];
        ProxyBed bed = new();
        Cluster cluster = ProxyBed.Eds("backend");
        if (upstream == 2)
        {
            HttpProtocolOptions options = new() { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } };
            cluster.TypedExtensionProtocolOptions.Add("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", ProxyBed.Pack(options));
        }
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", new IPEndPoint(IPAddress.Loopback, urls[upstream - 1].Port)));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        return bed;
    }
}
