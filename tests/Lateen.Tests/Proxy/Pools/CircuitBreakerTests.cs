using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Pools;

public sealed class CircuitBreakerTests
{
    [Fact]
    public async Task MaxRequests_Reached_Is503OverflowAndOpen()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using ProxyBed bed = new();
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.CircuitBreakers = new() { Thresholds = { new CircuitBreakers.Types.Thresholds { MaxRequests = 1 } } };
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        using Socket first = new(SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await first.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await arrived.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("overflow"));

        answer.ShouldStartWith("HTTP/1.1 503 ");
        answer.ShouldContain("x-envoy-overloaded: true\r\n");
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.circuit_breakers.default.rq_open").Value.ShouldBe(1);
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.upstream_rq_pending_overflow").Value.ShouldBe(1);
    }

    [Fact]
    public async Task HighPriority_WhileTheDefaultIsFull_HasLimitsOfItsOwn()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            int n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            if (buffer.AsSpan(0, n).StartsWith("GET /slow"u8))
            {
                arrived.TrySetResult();
                await Task.Delay(Timeout.Infinite, stop);
            }
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Backend.Ok("high")), SocketFlags.None, stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using ProxyBed bed = new();
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.CircuitBreakers = new()
        {
            Thresholds =
            {
                new CircuitBreakers.Types.Thresholds { MaxRequests = 1, TrackRemaining = true },
                new CircuitBreakers.Types.Thresholds { Priority = Envoy.Config.Core.V3.RoutingPriority.High, MaxRequests = 5, TrackRemaining = true },
            },
        };
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        Envoy.Config.Route.V3.Route high = ProxyBed.To("backend", "/high");
        high.Route_.Priority = Envoy.Config.Core.V3.RoutingPriority.High;
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", high, ProxyBed.To("backend")));
        using Socket first = new(SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await first.SendAsync("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await arrived.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        string refused = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("overflow"));
        string served = await ProxyBed.Exchange(bed.At(), "GET /high HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("high"));

        refused.ShouldStartWith("HTTP/1.1 503 ");
        served.ShouldStartWith("HTTP/1.1 200 ");
        Dictionary<string, long> stats = bed.Server.Stats().Where(s => s.Name.Contains("circuit_breakers")).ToDictionary(s => s.Name, s => s.Value);
        stats["cluster.backend.circuit_breakers.default.rq_open"].ShouldBe(1);
        stats["cluster.backend.circuit_breakers.default.remaining_rq"].ShouldBe(0);
        stats["cluster.backend.circuit_breakers.high.rq_open"].ShouldBe(0);
        stats["cluster.backend.circuit_breakers.high.remaining_rq"].ShouldBe(5);
    }
}
