using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.OriginalSrc.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>The listener filter original_src: hosts see the client's address. Clients of several loopback addresses stand for clients of a network.</summary>
/// <remarks>Wants CAP_NET_ADMIN, as the sidecar in TPROXY mode does.</remarks>
public sealed class OriginalSourceTests
{
    [Fact]
    public async Task Http_FromTwoAddresses_ReachesTheHostFromEach()
    {
        await using Backend backend = TellsSource();
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, WithFilter(ProxyBed.HttpListener("http", ProxyBed.Manager("routes")), new OriginalSrc { Mark = 1337 }));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));

        foreach (string address in (string[])["127.0.0.71", "127.0.0.72", "127.0.0.71"])
        {
            using Socket socket = await ConnectFrom(address, bed.At());
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            (await ProxyBed.Receive(socket, t => t.EndsWith('|'))).ShouldEndWith($"\r\n\r\n{address}|");
        }

        backend.Connections.ShouldBe(2, "the connection of an address is used again by the same address only");
    }

    [Fact]
    public async Task Tcp_WithTheFilter_ReachesTheHostFromTheClientsAddress()
    {
        await using Backend backend = TellsSource();
        await using ProxyBed bed = new();
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "envoy.filters.network.tcp_proxy", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }),
        });
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, WithFilter(
            new Listener { Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain } }, new OriginalSrc()));
        using Socket socket = await ConnectFrom("127.0.0.73", bed.At("tcp"));

        await socket.SendAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);

        (await ProxyBed.Receive(socket, t => t.EndsWith('|'))).ShouldEndWith("127.0.0.73|");
    }

    private static Backend TellsSource() => new(async (socket, stop) =>
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, stop) > 0)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok(((IPEndPoint)socket.RemoteEndPoint!).Address.MapToIPv4() + "|")), stop);
        }
    });

    private static Listener WithFilter(Listener listener, OriginalSrc filter)
    {
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.original_src", TypedConfig = ProxyBed.Pack(filter) });
        return listener;
    }

    private static async Task<Socket> ConnectFrom(string address, IPEndPoint to)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(to, TestContext.Current.CancellationToken);
        return socket;
    }
}
