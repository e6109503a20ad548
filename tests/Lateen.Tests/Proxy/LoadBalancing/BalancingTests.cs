using System.Net.Sockets;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.LoadBalancing;

/// <summary>Which host each of many requests reaches.</summary>
public sealed class BalancingTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task RoundRobin_GivesEachHostTheSame() => (await CountAsync(Cluster.Types.LbPolicy.RoundRobin, 30, 1, 1, 1)).ShouldBe([10, 10, 10]);

    [Fact]
    public async Task RoundRobin_WithWeights_GivesEachItsShare() => (await CountAsync(Cluster.Types.LbPolicy.RoundRobin, 40, 1, 3)).ShouldBe([10, 30]);

    // The bed's random numbers are seeded: the same share each time.
    [Fact]
    public async Task Random_GivesEachHostSome()
    {
        int[] counts = await CountAsync(Cluster.Types.LbPolicy.Random, 60, 1, 1, 1);

        counts.Sum().ShouldBe(60);
        counts.ShouldAllBe(c => c > 5 && c < 40);
    }

    [Fact]
    public async Task LeastRequest_AHostThatDoesNotAnswer_GetsFewer()
    {
        int stuck = 0, quick = 0;
        await using Backend slow = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
            Interlocked.Increment(ref stuck);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using Backend fast = Backend.Http(_ =>
        {
            Interlocked.Increment(ref quick);
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        Serve(bed, Cluster.Types.LbPolicy.LeastRequest, (slow, 1), (fast, 1));
        List<Socket> clients = [];

        for (int i = 1; i <= 60; i++)
        {
            Socket client = new(SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            await client.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
            await client.SendAsync(Encoding.ASCII.GetBytes(Request), TestContext.Current.CancellationToken);
            using CancellationTokenSource limit = new(Patience.Limit);
            while (Volatile.Read(ref stuck) + Volatile.Read(ref quick) < i)
            {
                await Task.Delay(1, limit.Token);
            }
        }

        // Two draws each time: the stuck host only where both fall on it, a quarter of the time.
        stuck.ShouldBeLessThan(25);
        quick.ShouldBeGreaterThan(35);
        clients.ForEach(c => c.Dispose());
    }

    [Theory]
    [InlineData(Cluster.Types.DiscoveryType.StrictDns)]
    [InlineData(Cluster.Types.DiscoveryType.LogicalDns)]
    public async Task Cluster_OfAName_ReachesWhatItResolvesTo(Cluster.Types.DiscoveryType type)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("resolved"));
        await using ProxyBed bed = new();
        Cluster cluster = new() { Name = "backend", Type = type, DnsLookupFamily = Cluster.Types.DnsLookupFamily.V4Only, LoadAssignment = ProxyBed.Endpoints("backend", backend.At) };
        cluster.LoadAssignment.Endpoints[0].LbEndpoints[0].Endpoint.Address.SocketAddress.Address = "localhost";
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));

        (await ProxyBed.Exchange(bed.At(), Request, _ => false)).ShouldEndWith("resolved");
    }

    private static async Task<int[]> CountAsync(Cluster.Types.LbPolicy policy, int requests, params uint[] weights)
    {
        Backend[] backends = [.. weights.Select((_, i) => Backend.Http(_ => Backend.Ok(i.ToString())))];
        try
        {
            await using ProxyBed bed = new();
            Serve(bed, policy, [.. backends.Zip(weights)]);
            int[] counts = new int[weights.Length];
            for (int i = 0; i < requests; i++)
            {
                counts[(await ProxyBed.Exchange(bed.At(), Request, _ => false))[^1] - '0']++;
            }
            return counts;
        }
        finally
        {
            foreach (Backend backend in backends)
            {
                await backend.DisposeAsync();
            }
        }
    }

    private static void Serve(ProxyBed bed, Cluster.Types.LbPolicy policy, params (Backend Backend, uint Weight)[] hosts)
    {
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.LbPolicy = policy;
        ClusterLoadAssignment endpoints = ProxyBed.Endpoints("backend", [.. hosts.Select(h => h.Backend.At)]);
        for (int i = 0; i < hosts.Length; i++)
        {
            endpoints.Endpoints[0].LbEndpoints[i].LoadBalancingWeight = hosts[i].Weight;
        }
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, endpoints);
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
    }
}
