using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;
using Lateen.Api;
using Lateen.Net.ProxyProtocol;
using Lateen.Proxy;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>PROXY headers: taken by a listener, written to a cluster.</summary>
public sealed class ProxyProtocolTests
{
    private const string Line = "PROXY TCP4 192.0.2.9 198.51.100.2 5000 80\r\n";

    [Fact]
    public async Task Listener_WithHeader_KnowsTheClientItNames()
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("x");
        });
        await using ProxyBed bed = Http(backend, new ProxyProtocol());

        string answer = await ProxyBed.Exchange(bed.At(), Line + "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("\r\n\r\nx"));

        answer.ShouldStartWith("HTTP/1.1 200");
        seen.ShouldContain("x-forwarded-for: 192.0.2.9\r\n");
    }

    [Fact]
    public async Task Listener_WithHeaderInPieces_WaitsForAllOfIt()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = Http(backend, new ProxyProtocol());
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        foreach (byte b in Encoding.ASCII.GetBytes(Line))
        {
            await socket.SendAsync(new[] { b }, TestContext.Current.CancellationToken);
        }
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        (await ProxyBed.Receive(socket, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("PROXY TCP4 1.2.3 4.5.6.7 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task Listener_WithoutAProperHeader_ClosesAndCounts(string request)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = Http(backend, new ProxyProtocol());

        (await ProxyBed.Exchange(bed.At(), request, _ => false)).ShouldBe("");

        bed.Server.Stats().Single(s => s.Name.EndsWith(".downstream_cx_proxy_proto_error", StringComparison.Ordinal)).Value.ShouldBe(1);
        backend.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Listener_ThatAllowsAbsence_ServesBoth()
    {
        await using Backend backend = Backend.Http(r => Backend.Ok(r.Contains("x-forwarded-for: 192.0.2.9") ? "named" : "plain"));
        await using ProxyBed bed = Http(backend, new ProxyProtocol { AllowRequestsWithoutProxyProtocol = true });

        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("plain"))).ShouldEndWith("plain");
        (await ProxyBed.Exchange(bed.At(), Line + "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("named"))).ShouldEndWith("named");
    }

    [Fact]
    public async Task Listener_ThatRefusesAVersion_ClosesOnIt()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = Http(backend, new ProxyProtocol { DisallowedVersions = { ProxyProtocolConfig.Types.Version.V1 } });

        (await ProxyBed.Exchange(bed.At(), Line + "GET / HTTP/1.1\r\nHost: a\r\n\r\n", _ => false)).ShouldBe("");
    }

    [Fact]
    public async Task Curl_WithHaproxyProtocol_IsServed()
    {
        await using Backend backend = Backend.Http(r => Backend.Ok(r.Contains("x-forwarded-for: 127.0.0.1\r\n") ? "yes" : "no"));
        await using ProxyBed bed = Http(backend, new ProxyProtocol());

        (await Tool.RunAsync("curl", "", "-sS", "--haproxy-protocol", $"http://{bed.At()}/")).ShouldBe("yes");
    }

    [Theory]
    [InlineData(ProxyProtocolConfig.Types.Version.V1)]
    [InlineData(ProxyProtocolConfig.Types.Version.V2)]
    public async Task Tcp_ToAClusterThatWantsHeaders_TellsTheClient(ProxyProtocolConfig.Types.Version version)
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            // Header, then the client's bytes, as they come.
            byte[] buffer = new byte[256];
            int length = 0;
            while (!buffer.AsSpan(0, length).EndsWith("hello"u8))
            {
                length += await socket.ReceiveAsync(buffer.AsMemory(length), stop);
            }
            await socket.SendAsync(Encoding.ASCII.GetBytes(Describe(buffer.AsSpan(0, length))), stop);
        });
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, WithHeader(version));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, Tcp());
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At("tcp"), TestContext.Current.CancellationToken);
        await socket.SendAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        string told = await ProxyBed.Receive(socket, t => t.EndsWith('\n'));

        told.ShouldBe($"{(version == ProxyProtocolConfig.Types.Version.V1 ? 1 : 2)} {socket.LocalEndPoint} {socket.RemoteEndPoint}\n");
    }

    [Fact]
    public async Task Http_ToAClusterThatWantsHeaders_NeverSharesAConnectionAmongClients()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            string source = "";
            for (int n; (n = await socket.ReceiveAsync(buffer, stop)) > 0;)
            {
                source = source.Length == 0 ? Describe(buffer.AsSpan(0, n)).Split(' ')[1] : source;
                // The PROXY header may come alone; only a request is answered.
                if (buffer.AsSpan(0, n).EndsWith("\r\n\r\n"u8))
                {
                    await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok(source + "|")), stop);
                }
            }
        });
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, WithHeader(ProxyProtocolConfig.Types.Version.V2));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));

        for (int i = 0; i < 3; i++)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
            for (int j = 0; j < 2; j++)
            {
                await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
                (await ProxyBed.Receive(socket, t => t.EndsWith('|'))).ShouldEndWith($"\r\n\r\n{socket.LocalEndPoint}|");
            }
        }

        backend.Connections.ShouldBe(3);
        await bed.StatShouldBecomeAsync("cluster.backend.upstream_cx_active", 0);
    }

    [Fact]
    public void Cluster_WithoutAnInnerSocket_IsRefusedWithItsPath()
    {
        ProxyServer server = new(new ProxyOptions { Concurrency = 1 }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.TransportSocket = new TransportSocket { Name = "p", TypedConfig = ProxyBed.Pack(new ProxyProtocolUpstreamTransport()) };

        server.Apply(TypeUrls.Cluster, "1", [ProxyBed.Pack(cluster)]).Single().ToString()
            .ShouldContain("transport_socket.typed_config.transport_socket");
    }

    private static ProxyBed Http(Backend backend, ProxyProtocol filter)
    {
        ProxyBed bed = new();
        Listener listener = ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.UseRemoteAddress = true));
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.proxy_protocol", TypedConfig = ProxyBed.Pack(filter) });
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, listener);
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        return bed;
    }

    private static Listener Tcp()
    {
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "envoy.filters.network.tcp_proxy", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }),
        });
        return new Listener { Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain } };
    }

    private static Cluster WithHeader(ProxyProtocolConfig.Types.Version version)
    {
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.TransportSocket = new TransportSocket
        {
            Name = "envoy.transport_sockets.upstream_proxy_protocol",
            TypedConfig = ProxyBed.Pack(new ProxyProtocolUpstreamTransport
            {
                Config = new() { Version = version },
                TransportSocket = new() { Name = "envoy.transport_sockets.raw_buffer", TypedConfig = ProxyBed.Pack(new RawBuffer()) },
            }),
        };
        return cluster;
    }

    private static string Describe(ReadOnlySpan<byte> bytes)
    {
        ProxyHeaderReader.Read(bytes, out ProxyHeader header).ShouldBe(ProxyHeaderStatus.Complete);
        return $"{header.Version} {header.Source} {header.Destination}\n";
    }
}
