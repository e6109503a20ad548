using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>Requests through a listener, a route and a cluster, over loopback.</summary>
public sealed class HttpProxyTests
{
    [Fact]
    public async Task Request_WithRouteAndEndpoint_IsForwardedWithTheProxysHeaders()
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("hello", "Server: nginx\r\nX-Kept: Yes\r\n");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await ProxyBed.Exchange(
            bed.At(), "GET /path?q=1 HTTP/1.1\r\nHost: a.example:80\r\nX-Case: Kept\r\nConnection: keep-alive\r\n\r\n", t => t.EndsWith("hello"));

        answer.ShouldStartWith("HTTP/1.1 200 OK\r\n");
        answer.ShouldContain("server: envoy\r\n");
        answer.ShouldNotContain("nginx");
        answer.ShouldContain("X-Kept: Yes\r\n");
        answer.ShouldContain("x-envoy-upstream-service-time: ");
        seen.ShouldStartWith("GET /path?q=1 HTTP/1.1\r\n");
        seen.ShouldContain("X-Case: Kept\r\n");
        seen.ShouldContain("x-forwarded-proto: http\r\n");
        seen.ShouldMatch("x-request-id: [0-9a-f-]{36}\r\n");
        seen.ShouldNotContain("Connection", Case.Insensitive);
    }

    [Fact]
    public async Task Connection_WithManyRequests_UsesOneUpstreamConnection()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        for (int i = 0; i < 20; i++)
        {
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            (await ProxyBed.Receive(socket, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
        }

        backend.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Requests_Pipelined_AreAnsweredInOrder()
    {
        await using Backend backend = Backend.Http(r => Backend.Ok(r[5..6]));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await ProxyBed.Exchange(
            bed.At(), "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
            t => t.EndsWith("\r\n\r\n3"));

        answer.IndexOf("\r\n\r\n1", StringComparison.Ordinal).ShouldBeLessThan(answer.IndexOf("\r\n\r\n2", StringComparison.Ordinal));
        answer.ShouldEndWith("\r\n\r\n3");
    }

    [Fact]
    public async Task Request_WithChunkedBody_ArrivesWholeWithFramingOfOurOwn()
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: no\r\n\r\n";
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await ProxyBed.Exchange(
            bed.At(), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwxyz\r\n0\r\n\r\n", t => t.EndsWith("0\r\n\r\n"));

        seen.ShouldEndWith("\r\n\r\n4\r\nwxyz\r\n0\r\n\r\n");
        answer.ShouldEndWith("\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    }

    [Fact]
    public async Task Host_WithoutRoute_Is404WithEmptyBody()
    {
        await using ProxyBed bed = new();
        RouteConfiguration routes = ProxyBed.Routes("routes", ProxyBed.To("backend"));
        routes.VirtualHosts[0].Domains[0] = "known.example";
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, routes);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: other\r\n\r\n", t => t.Contains("\r\n\r\n"));

        answer.ShouldStartWith("HTTP/1.1 404 Not Found\r\n");
        answer.ShouldContain("content-length: 0\r\n");
        answer.ShouldContain("server: envoy\r\n");
    }

    [Fact]
    public async Task Cluster_WithoutEndpoints_Is503NoHealthyUpstream()
    {
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend"));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("upstream"));

        answer.ShouldStartWith("HTTP/1.1 503 ");
        answer.ShouldContain("content-type: text/plain\r\n");
        answer.ShouldEndWith("\r\n\r\nno healthy upstream");
    }

    [Fact]
    public async Task Endpoint_ThatRefuses_Is503WithTheReason()
    {
        IPEndPoint nobody;
        using (Socket closed = new(SocketType.Stream, ProtocolType.Tcp))
        {
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            nobody = (IPEndPoint)closed.LocalEndPoint!;
        }
        await using ProxyBed bed = new();
        bed.ServeHttp(nobody);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.Contains("111"));

        answer.ShouldStartWith("HTTP/1.1 503 ");
        answer.ShouldEndWith("upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, "
            + "transport failure reason: delayed connect error: 111");
    }

    [Fact]
    public async Task Upstream_ClosedWhileIdle_LosesNoRequest()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok("once")), SocketFlags.None, stop);
            // Takes the next request and closes without a word, as a server whose keep-alive time ran out at that moment.
            await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        for (int i = 0; i < 5; i++)
        {
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            (await ProxyBed.Receive(socket, t => t.EndsWith("once"))).ShouldStartWith("HTTP/1.1 200");
        }
    }

    [Fact]
    public async Task Retry_OnStatusCode_AsksAgain()
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ =>
            Interlocked.Increment(ref calls) < 3 ? "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n" : Backend.Ok("third"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r =>
        {
            r.Route_.RetryPolicy = new() { RetryOn = "retriable-status-codes", NumRetries = 2 };
            r.Route_.RetryPolicy.RetriableStatusCodes.Add(503);
        });

        string answer = await ProxyBed.Exchange(
            bed.At(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", t => t.EndsWith("third"));

        answer.ShouldStartWith("HTTP/1.1 200");
        calls.ShouldBe(3);
    }

    [Fact]
    public async Task Route_Timeout_Is504()
    {
        await using Backend backend = new(async (_, stop) => await Task.Delay(Timeout.Infinite, stop));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, r => r.Route_.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(30)));

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("timeout"));

        answer.ShouldStartWith("HTTP/1.1 504 ");
        answer.ShouldEndWith("upstream request timeout");
    }

    [Fact]
    public async Task Routes_ChangedBetweenRequests_TakeEffectOnTheSameConnection()
    {
        await using Backend one = Backend.Http(_ => Backend.Ok("one"));
        await using Backend two = Backend.Http(_ => Backend.Ok("two"));
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("one"), ProxyBed.Eds("two"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("one", one.At), ProxyBed.Endpoints("two", two.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("one")));
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        (await ProxyBed.Receive(socket, t => t.EndsWith("one"))).ShouldEndWith("one");
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("two")));
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        (await ProxyBed.Receive(socket, t => t.EndsWith("two"))).ShouldEndWith("two");
    }

    [Fact]
    public async Task Tcp_WithOriginalDestination_PassesBothWaysAndHalfCloses()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            // The server speaks first.
            await socket.SendAsync("hello "u8.ToArray(), SocketFlags.None, stop);
            byte[] buffer = new byte[100];
            int total = 0;
            for (int n; (n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop)) > 0;)
            {
                total += n;
            }
            await socket.SendAsync(Encoding.ASCII.GetBytes($"got {total}"), SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        Cluster cluster = new() { Name = "backend", Type = Cluster.Types.DiscoveryType.Static, LoadAssignment = ProxyBed.Endpoints("backend", backend.At) };
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "tcp", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }) });
        Listener listener = new()
        {
            Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), UseOriginalDst = true, DefaultFilterChain = chain,
        };
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.Listener, listener);

        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At("tcp"), TestContext.Current.CancellationToken);
        (await ProxyBed.Receive(socket, t => t == "hello ")).ShouldBe("hello ");
        await socket.SendAsync(new byte[200_000], TestContext.Current.CancellationToken);
        socket.Shutdown(SocketShutdown.Send);

        (await ProxyBed.Receive(socket, _ => false)).ShouldBe("got 200000");
    }
}
