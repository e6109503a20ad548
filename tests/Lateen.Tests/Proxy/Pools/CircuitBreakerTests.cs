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
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("overflow"));

        answer.ShouldStartWith("HTTP/1.1 503 ");
        answer.ShouldContain("x-envoy-overloaded: true\r\n");
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.circuit_breakers.default.rq_open").Value.ShouldBe(1);
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.upstream_rq_pending_overflow").Value.ShouldBe(1);
    }
}
