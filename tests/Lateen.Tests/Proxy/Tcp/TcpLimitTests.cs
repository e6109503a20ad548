using System.Net;
using System.Net.Sockets;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Tcp;

/// <summary>How long a TCP connection may last, and which cluster it gets.</summary>
public sealed class TcpLimitTests
{
    [Fact]
    public async Task Connection_ThatIsSilent_EndsAfterItsIdleTimeout()
    {
        await using Backend backend = new(static (_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using ProxyBed bed = new();
        Serve(bed, new TcpProxy { StatPrefix = "t", Cluster = "one", IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)) }, ("one", backend.At));

        (await ProxyBed.Exchange(bed.At(), "x", _ => false)).ShouldBe("");

        await bed.StatShouldBecomeAsync("tcp.t.idle_timeout", 1);
    }

    [Fact]
    public async Task Connection_ThatIsBusy_EndsAfterItsMaximumDuration()
    {
        // The server never stops to speak.
        await using Backend backend = new(static async (socket, stop) =>
        {
            while (true)
            {
                await socket.SendAsync("x"u8.ToArray(), SocketFlags.None, stop);
                await Task.Delay(5, stop);
            }
        });
        await using ProxyBed bed = new();
        Serve(
            bed, new TcpProxy { StatPrefix = "t", Cluster = "one", MaxDownstreamConnectionDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)) },
            ("one", backend.At));

        await ProxyBed.Exchange(bed.At(), "", _ => false);

        await bed.StatShouldBecomeAsync("tcp.t.max_downstream_connection_duration", 1);
        bed.Stat("tcp.t.idle_timeout").ShouldBe(0);
    }

    // The bed's random numbers are seeded: the same share each time.
    [Fact]
    public async Task Connections_OfWeightedClusters_AreShared()
    {
        await using Backend few = new(static async (socket, stop) => await socket.SendAsync("few"u8.ToArray(), SocketFlags.None, stop));
        await using Backend many = new(static async (socket, stop) => await socket.SendAsync("many"u8.ToArray(), SocketFlags.None, stop));
        await using ProxyBed bed = new();
        TcpProxy proxy = new() { StatPrefix = "t", WeightedClusters = new() };
        proxy.WeightedClusters.Clusters.Add(new TcpProxy.Types.WeightedCluster.Types.ClusterWeight { Name = "few", Weight = 1 });
        proxy.WeightedClusters.Clusters.Add(new TcpProxy.Types.WeightedCluster.Types.ClusterWeight { Name = "many", Weight = 3 });
        Serve(bed, proxy, ("few", few.At), ("many", many.At));

        int count = 0;
        for (int i = 0; i < 200; i++)
        {
            count += await ProxyBed.Exchange(bed.At(), "", _ => false) == "few" ? 1 : 0;
        }

        count.ShouldBeInRange(30, 70);
    }

    private static void Serve(ProxyBed bed, TcpProxy proxy, params (string Name, IPEndPoint At)[] clusters)
    {
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "tcp", TypedConfig = ProxyBed.Pack(proxy) });
        bed.Apply(TypeUrls.Cluster, [.. clusters.Select(c => ProxyBed.Eds(c.Name))]);
        bed.Apply(TypeUrls.ClusterLoadAssignment, [.. clusters.Select(c => ProxyBed.Endpoints(c.Name, c.At))]);
        bed.Apply(TypeUrls.Listener, new Listener { Name = "http", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain } });
    }
}
