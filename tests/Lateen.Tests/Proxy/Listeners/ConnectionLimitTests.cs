using System.Net;
using System.Net.Sockets;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.ConnectionLimit.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>envoy.filters.network.connection_limit before a TCP proxy.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task Connection_BeyondTheLimit_IsClosedAndANewOneLetInOnceThereIsRoom(int delayMilliseconds)
    {
        await using Backend backend = Echo();
        await using ProxyBed bed = Serve(backend, new ConnectionLimit
        {
            StatPrefix = "few", MaxConnections = 1, Delay = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(delayMilliseconds)),
        });
        using (Socket first = await Connect(bed))
        {
            (await Say(first)).ShouldBe("hi");
            using Socket second = await Connect(bed);
            (await ProxyBed.Receive(second, _ => false)).ShouldBe("");
            (await Say(first)).ShouldBe("hi");
            bed.Server.Stats().Single(s => s.Name == "connection_limit.few.limited_connections").Value.ShouldBe(1);
            bed.Server.Stats().Single(s => s.Name == "connection_limit.few.active_connections").Value.ShouldBe(1);
        }
        await bed.StatShouldBecomeAsync("connection_limit.few.active_connections", 0);

        using Socket next = await Connect(bed);

        (await Say(next)).ShouldBe("hi");
    }

    [Fact]
    public async Task Filter_SwitchedOff_LimitsNothing()
    {
        await using Backend backend = Echo();
        await using ProxyBed bed = Serve(backend, new ConnectionLimit
        {
            StatPrefix = "few", MaxConnections = 1, RuntimeEnabled = new() { DefaultValue = false, RuntimeKey = "x" },
        });
        using Socket first = await Connect(bed), second = await Connect(bed);

        (await Say(first)).ShouldBe("hi");
        (await Say(second)).ShouldBe("hi");
    }

    [Fact]
    public void Filter_WithoutALimit_IsRefusedWithItsPath()
    {
        ProxyServer server = new(
            new ProxyOptions { Concurrency = 1 }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, new Random(1));

        server.Apply(TypeUrls.Listener, "1", [ProxyBed.Pack(Listener(new ConnectionLimit { StatPrefix = "few" }))]).Single().ToString()
            .ShouldContain("filter_chains[0].filters[0].typed_config.max_connections");
    }

    private static Backend Echo() => new(async (socket, stop) =>
    {
        byte[] buffer = new byte[64];
        for (int n; (n = await socket.ReceiveAsync(buffer, stop)) > 0;)
        {
            await socket.SendAsync(buffer.AsMemory(0, n), stop);
        }
    });

    private static ProxyBed Serve(Backend backend, ConnectionLimit limit)
    {
        ProxyBed bed = new(new ProxyOptions { Concurrency = 2 });
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, Listener(limit));
        return bed;
    }

    private static Listener Listener(ConnectionLimit limit)
    {
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.connection_limit", TypedConfig = ProxyBed.Pack(limit) });
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "envoy.filters.network.tcp_proxy", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }),
        });
        return new Listener { Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain } };
    }

    private static async Task<Socket> Connect(ProxyBed bed)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At("tcp"), TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<string> Say(Socket socket)
    {
        await socket.SendAsync("hi"u8.ToArray(), TestContext.Current.CancellationToken);
        return await ProxyBed.Receive(socket, t => t.Length >= 2);
    }
}
