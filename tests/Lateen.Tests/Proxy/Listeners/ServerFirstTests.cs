using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Api;
using Lateen.Proxy.Tcp;
using Shouldly;
using Xunit;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>Protocols whose server speaks first, on a listener that looks for TLS and HTTP and waits for ever for the client's bytes, as Istio's does.</summary>
public sealed class ServerFirstTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static readonly byte[] Settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];

    [Fact]
    public async Task Greeting_OfASilentClientsServer_ComesAndTheSessionGoesOn()
    {
        await using Backend backend = new(GreetAsync);
        await using ProxyBed bed = new();
        Serve(bed, backend.At);
        using Socket client = await ConnectAsync(bed);

        (await ProxyBed.Receive(client, t => t.EndsWith('\n'))).ShouldBe("220 ready\n");
        await client.SendAsync("quit"u8.ToArray());
        (await ProxyBed.Receive(client, t => t.EndsWith('\n'))).ShouldBe("you said quit\n");
        backend.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task HttpClient_ThatIsSlowToSpeak_IsServedAsHttp()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("page"));
        await using ProxyBed bed = new();
        Serve(bed, backend.At);
        using Socket client = await ConnectAsync(bed);
        await UntilAsync(() => backend.Connections == 1); // Called ahead.

        await client.SendAsync(Encoding.ASCII.GetBytes(Request));

        string answer = await ProxyBed.Receive(client, _ => false);
        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("server: envoy");
        bed.Server.Stats().Single(s => s.Name == "tcp.t.downstream_cx_total").Value.ShouldBe(0, "no session came of it");
    }

    [Fact]
    public async Task Http2Server_ThatSendsItsSettingsAtOnce_IsNoReasonToTakeTheConnectionForTcp()
    {
        int connections = 0;
        await using Backend backend = new(async (socket, stop) =>
        {
            if (Interlocked.Increment(ref connections) == 1)
            {
                await socket.SendAsync(Settings, SocketFlags.None, stop);
                await socket.ReceiveAsync(new byte[1], SocketFlags.None, stop);
                return;
            }
            await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok("page")), SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        Serve(bed, backend.At);
        using Socket client = await ConnectAsync(bed);
        await UntilAsync(() => Volatile.Read(ref connections) == 1);

        await client.SendAsync(Encoding.ASCII.GetBytes(Request));

        string answer = await ProxyBed.Receive(client, _ => false);
        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("server: envoy");
    }

    [Fact]
    public async Task TcpClient_ThatSpeaksFirst_GetsTheSessionThatWasBegunAhead()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[100];
            int n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            await socket.SendAsync(buffer.AsMemory(0, n), SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        Serve(bed, backend.At);
        using Socket client = await ConnectAsync(bed);
        await UntilAsync(() => backend.Connections == 1);

        await client.SendAsync("\0binary"u8.ToArray());

        (await ProxyBed.Receive(client, _ => false)).ShouldBe("\0binary");
        backend.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Greeting_WhereTheClientBeforeSpokeFirst_StillComes()
    {
        await using Backend backend = new(GreetAsync);
        await using ProxyBed bed = new();
        Serve(bed, backend.At);
        using Socket first = await ConnectAsync(bed, "\0binary"u8.ToArray());
        (await ProxyBed.Receive(first, t => t.EndsWith("binary\n"))).ShouldContain("220 ready\n");

        using Socket second = await ConnectAsync(bed);

        (await ProxyBed.Receive(second, t => t.EndsWith('\n'))).ShouldBe("220 ready\n");
    }

    [Fact]
    public async Task Client_ThatMayNotConnect_IsNotToldTheGreetingAndItsServerIsNotCalled()
    {
        await using Backend backend = new(GreetAsync);
        await using ProxyBed bed = new();
        Serve(bed, backend.At, Deny(new Permission { Any = true }));
        using Socket client = await ConnectAsync(bed);

        await client.SendAsync("\0binary"u8.ToArray());

        (await ProxyBed.Receive(client, _ => false)).ShouldBeEmpty();
        backend.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task TlsClient_ThatIsSlowToNameAForbiddenServer_IsDeniedThoughItsServerWasCalledAhead()
    {
        await using Backend backend = new(static (socket, stop) => socket.ReceiveAsync(new byte[1], SocketFlags.None, stop).AsTask());
        await using ProxyBed bed = new();
        Serve(bed, backend.At, Deny(new Permission { RequestedServerName = new() { Exact = "forbidden.example" } }));
        using Socket client = await ConnectAsync(bed);
        await UntilAsync(() => backend.Connections == 1);

        using SslStream tls = new(new NetworkStream(client));
        await Should.ThrowAsync<IOException>(() => tls.AuthenticateAsClientAsync("forbidden.example"));

        bed.Server.Stats().Single(s => s.Name == "tcp.rbac.denied").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Server_OutOfReach_ASilentClientIsClosed()
    {
        await using ProxyBed bed = new();
        Serve(bed, new IPEndPoint(IPAddress.Loopback, 1));
        using Socket client = await ConnectAsync(bed);

        (await ProxyBed.Receive(client, _ => false)).ShouldBeEmpty();
        await UntilAsync(() => bed.Server.Failures().Any(l => l.Contains("Connection refused", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Greeting_OnAPortThatTakesTlsToo_ComesAndGoesOnOnceTheClientIsKnown()
    {
        await using Backend backend = new(GreetAsync);
        await using ProxyBed bed = new();
        Serve(bed, backend.At, takesTls: true);
        for (int i = 0; i < 2; i++)
        {
            using Socket client = await ConnectAsync(bed);
            (await ProxyBed.Receive(client, t => t.EndsWith('\n'))).ShouldBe("220 ready\n");
            await client.SendAsync("quit"u8.ToArray(), TestContext.Current.CancellationToken);
            (await ProxyBed.Receive(client, t => t.EndsWith('\n'))).ShouldBe("you said quit\n");
        }
    }

    [Theory]
    [InlineData("000006040000000000000300000064", true)]
    [InlineData("000000040000000000", true)]
    [InlineData("000000040100000000", false)]
    [InlineData("000000040000000001", false)]
    [InlineData("4a0000000a382e302e333600", false)]
    [InlineData("00", false)]
    public void ServerGreeting_OnlyASettingsFrame_IsHttp2(string hex, bool expected) =>
        ServerGreeting.IsHttp2(Convert.FromHexString(hex)).ShouldBe(expected);

    private static Filter Deny(Permission permission)
    {
        RBAC rules = new() { Action = RBAC.Types.Action.Deny };
        Policy policy = new();
        policy.Permissions.Add(permission);
        policy.Principals.Add(new Principal { Any = true });
        rules.Policies.Add("p", policy);
        return SniffedListener.Named("envoy.filters.network.rbac", new NetworkRbac { StatPrefix = "tcp.", Rules = rules });
    }

    private static async Task GreetAsync(Socket socket, CancellationToken stop)
    {
        await socket.SendAsync("220 ready\n"u8.ToArray(), SocketFlags.None, stop);
        byte[] buffer = new byte[100];
        int n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"you said {Encoding.ASCII.GetString(buffer, 0, n)}\n"), SocketFlags.None, stop);
    }

    private static async Task<Socket> ConnectAsync(ProxyBed bed, byte[]? first = null)
    {
        Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(bed.At("sniffed"));
        if (first is not null)
        {
            await client.SendAsync(first);
        }
        return client;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!holds())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static void Serve(ProxyBed bed, IPEndPoint backend, Filter? guard = null, bool takesTls = false)
    {
        Listener listener = SniffedListener.Of("backend");
        if (takesTls)
        {
            FilterChain chain = new() { Name = "tls", FilterChainMatch = new() { TransportProtocol = "tls" } };
            chain.Filters.Add(SniffedListener.Named("envoy.filters.network.tcp_proxy", new TcpProxy { StatPrefix = "tls", Cluster = "backend" }));
            listener.FilterChains.Add(chain);
        }
        if (guard is not null)
        {
            listener.DefaultFilterChain.Filters.Insert(0, guard);
        }
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend));
        bed.Apply(TypeUrls.Listener, listener);
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
    }
}
