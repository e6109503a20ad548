using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Upstreams.Http.V3;
using Lateen.Api;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>Other protocols through HTTP: WebSocket by .NET's client over both versions (RFC 6455, RFC 8441), CONNECT by curl.</summary>
public sealed class TunnelTests
{
    [Theory]
    [InlineData("1.1", false)]
    [InlineData("1.1", true)]
    [InlineData("2.0", false)]
    [InlineData("2.0", true)]
    public async Task WebSocket_OverEitherVersionOnEitherSide_Echoes(string version, bool http2Between)
    {
        await using Backend backend = EchoServer();
        await using ProxyBed inner = Serve(backend.At, http2: false, WebSocketManager);
        await using ProxyBed outer = Serve(inner.At(), http2: http2Between, WebSocketManager);
        CancellationToken stop = TestContext.Current.CancellationToken;
        using ClientWebSocket client = new();
        client.Options.HttpVersion = new Version(version);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler());

        await client.ConnectAsync(new Uri($"ws://{outer.At()}/chat"), invoker, stop);

        foreach (string message in (string[])["one", new string('x', 100_000), "three"])
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(message), WebSocketMessageType.Text, true, stop);
            (await Receive(client)).ShouldBe(message);
        }
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", stop);
        client.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
        await outer.StatShouldBecomeAsync("http.test.downstream_rq_active", 0);
        await inner.StatShouldBecomeAsync("http.test.downstream_rq_active", 0);
    }

    [Fact]
    public async Task ExtendedConnect_ThatIsNotAllowed_IsRefused()
    {
        await using Backend backend = EchoServer();
        await using ProxyBed bed = Serve(backend.At, http2: false, m => m.UpgradeConfigs.Add(new HttpConnectionManager.Types.UpgradeConfig { UpgradeType = "websocket" }));
        using ClientWebSocket client = new();
        client.Options.HttpVersion = HttpVersion.Version20;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler());

        await Should.ThrowAsync<WebSocketException>(client.ConnectAsync(new Uri($"ws://{bed.At()}/chat"), invoker, TestContext.Current.CancellationToken));

        backend.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Upgrade_ToAServerThatTakesNoneOverHttp2_Is503()
    {
        await using Backend backend = EchoServer();
        await using ProxyBed inner = Serve(backend.At, http2: false, _ => { });
        await using ProxyBed outer = Serve(inner.At(), http2: true, WebSocketManager);

        string answer = await ProxyBed.Exchange(
            outer.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", t => t.Contains("HTTP/2"));

        answer.ShouldStartWith("HTTP/1.1 503");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Curl_ThroughConnect_ReachesTheHostBehind(bool http2Between)
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("behind");
        });
        await using ProxyBed inner = Serve(backend.At, http2: false, ConnectManager, Connect(ends: true));
        await using ProxyBed outer = Serve(inner.At(), http2: http2Between, ConnectManager, Connect(ends: false));

        string answer = await Tool.RunAsync("curl", "", "-sS", "-p", "-x", $"http://{outer.At()}", "http://target.example/path", "-w", "|%{http_connect}|%{http_code}");

        answer.ShouldBe("behind|200|200");
        seen.ShouldStartWith("GET /path HTTP/1.1\r\n");
        seen.ShouldNotContain("x-request-id");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TcpProxy_WithTunneling_ReachesTheHostBehindConnect(bool http2Between)
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[64 * 1024];
            for (int n; (n = await socket.ReceiveAsync(buffer, stop)) > 0;)
            {
                await socket.SendAsync(buffer.AsMemory(0, n), stop);
            }
        });
        await using ProxyBed inner = Serve(backend.At, http2: false, ConnectManager, Connect(ends: true));
        await using ProxyBed outer = new();
        Cluster cluster = ProxyBed.Eds("backend");
        if (http2Between)
        {
            cluster.TypedExtensionProtocolOptions.Add(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                ProxyBed.Pack(new HttpProtocolOptions { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } }));
        }
        outer.Apply(TypeUrls.Cluster, cluster);
        outer.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", inner.At()));
        outer.Apply(TypeUrls.Listener, TunnelListener());
        byte[] sent = new byte[1024 * 1024];
        new Random(3).NextBytes(sent);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(outer.At("tcp"), TestContext.Current.CancellationToken);

        Task sending = SendAllAsync(client, sent);
        byte[] received = new byte[sent.Length];
        for (int n = 0; n < received.Length;)
        {
            int read = await client.ReceiveAsync(received.AsMemory(n), TestContext.Current.CancellationToken);
            read.ShouldBeGreaterThan(0);
            n += read;
        }
        await sending;

        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        client.Close();
        await outer.StatShouldBecomeAsync("tcp.t.tunnel.downstream_rq_active", 0);
        await inner.StatShouldBecomeAsync("http.test.downstream_rq_active", 0);
    }

    [Fact]
    public async Task TcpProxy_WhoseTunnelIsRefused_ClosesTheClient()
    {
        await using Backend backend = Backend.Http(_ => "HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno");
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, TunnelListener());
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(bed.At("tcp"), TestContext.Current.CancellationToken);

        (await ProxyBed.Receive(client, _ => false)).ShouldBe("");
    }

    [Fact]
    public async Task Connect_ToAHostThatIsAway_Is503()
    {
        IPEndPoint nobody;
        using (Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            nobody = (IPEndPoint)closed.LocalEndPoint!;
        }
        await using ProxyBed bed = Serve(nobody, http2: false, ConnectManager, Connect(ends: true));

        (await ProxyBed.Exchange(bed.At(), "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n", t => t.Contains("111"))).ShouldStartWith("HTTP/1.1 503");
    }

    [Fact]
    public async Task Connect_WithoutARouteOrItsPermission_Is403()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed routed = Serve(backend.At, http2: false, _ => { }, Connect(ends: true, allows: false));
        await using ProxyBed unrouted = Serve(backend.At, http2: false, ConnectManager);

        (await ProxyBed.Exchange(routed.At(), "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 403");
        (await ProxyBed.Exchange(unrouted.At(), "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 403");
    }

    private static Envoy.Config.Listener.V3.Listener TunnelListener()
    {
        Envoy.Config.Listener.V3.FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "envoy.filters.network.tcp_proxy",
            TypedConfig = ProxyBed.Pack(new Envoy.Extensions.Filters.Network.TcpProxy.V3.TcpProxy
            {
                StatPrefix = "t", Cluster = "backend", TunnelingConfig = new() { Hostname = "target.example:443" },
            }),
        });
        return new() { Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain } };
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = data[await socket.SendAsync(data, TestContext.Current.CancellationToken)..];
        }
    }

    private static void WebSocketManager(HttpConnectionManager manager)
    {
        manager.UpgradeConfigs.Add(new HttpConnectionManager.Types.UpgradeConfig { UpgradeType = "websocket" });
        manager.Http2ProtocolOptions = new() { AllowConnect = true };
    }

    private static void ConnectManager(HttpConnectionManager manager) => manager.Http2ProtocolOptions = new() { AllowConnect = true };

    private static Route Connect(bool ends, bool allows = true)
    {
        Route route = ProxyBed.To("backend");
        route.Match = new() { ConnectMatcher = new() };
        if (allows)
        {
            route.Route_.UpgradeConfigs.Add(new RouteAction.Types.UpgradeConfig { UpgradeType = "CONNECT", ConnectConfig = ends ? new() : null });
        }
        return route;
    }

    private static ProxyBed Serve(IPEndPoint upstream, bool http2, Action<HttpConnectionManager> manager, Route? route = null)
    {
        ProxyBed bed = new();
        Cluster cluster = ProxyBed.Eds("backend");
        if (http2)
        {
            cluster.TypedExtensionProtocolOptions.Add(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                ProxyBed.Pack(new HttpProtocolOptions { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() { AllowConnect = true } } }));
        }
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", upstream));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", manager)));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", route ?? ProxyBed.To("backend")));
        return bed;
    }

    // A WebSocket server over HTTP/1.1 alone: it insists on a key, as RFC 6455 4.2.1 has it.
    private static Backend EchoServer() => new(async (socket, stop) =>
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await socket.ReceiveAsync(one, stop) == 0)
            {
                return;
            }
            head.Append((char)one[0]);
        }
        string? key = head.ToString().Split("\r\n").FirstOrDefault(l => l.StartsWith("sec-websocket-key:", StringComparison.OrdinalIgnoreCase))?[18..].Trim();
        if (key is null || !head.ToString().StartsWith("GET ", StringComparison.Ordinal))
        {
            await socket.SendAsync("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"u8.ToArray(), stop);
            return;
        }
#pragma warning disable CA5350 // RFC 6455 1.3 names SHA-1.
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"), stop);
        using WebSocket server = WebSocket.CreateFromStream(new NetworkStream(socket), isServer: true, null, Timeout.InfiniteTimeSpan);
        byte[] buffer = new byte[8192];
        while (true)
        {
            WebSocketReceiveResult result = await server.ReceiveAsync(new ArraySegment<byte>(buffer), stop);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await server.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", stop);
                return;
            }
            await server.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, stop);
        }
    });

    private static async Task<string> Receive(ClientWebSocket client)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        StringBuilder text = new();
        byte[] buffer = new byte[8192];
        while (true)
        {
            WebSocketReceiveResult result = await client.ReceiveAsync(new ArraySegment<byte>(buffer), limit.Token);
            text.Append(Encoding.ASCII.GetString(buffer, 0, result.Count));
            if (result.EndOfMessage)
            {
                return text.ToString();
            }
        }
    }
}
