using System.Net.Sockets;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Upstreams.Http.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Pools;

/// <summary>The limits of a cluster's connections, one at a time.</summary>
public sealed class PoolLimitTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task MaxConnections_Reached_TheNextRequestWaitsForTheConnection()
    {
        using SemaphoreSlim arrived = new(0);
        using SemaphoreSlim go = new(0);
        await using Backend backend = Slow(arrived, go);
        await using ProxyBed bed = new();
        Serve(bed, backend, c => c.CircuitBreakers = Limit(new() { MaxConnections = 1 }));
        using Socket first = await AskAsync(bed);
        await arrived.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        using Socket second = await AskAsync(bed);
        await UntilAsync(() => Stat(bed, "upstream_cx_overflow") == 1);

        Stat(bed, "circuit_breakers.default.cx_open").ShouldBe(1);
        go.Release(2);

        (await ProxyBed.Receive(first, t => t.EndsWith("slow"))).ShouldStartWith("HTTP/1.1 200");
        (await ProxyBed.Receive(second, t => t.EndsWith("slow"))).ShouldStartWith("HTTP/1.1 200");
        backend.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task MaxPendingRequests_Reached_TheNextIs503()
    {
        using SemaphoreSlim arrived = new(0);
        using SemaphoreSlim go = new(0);
        await using Backend backend = Slow(arrived, go);
        await using ProxyBed bed = new();
        Serve(bed, backend, c => c.CircuitBreakers = Limit(new() { MaxConnections = 1, MaxPendingRequests = 1 }));
        using Socket first = await AskAsync(bed);
        await arrived.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        using Socket second = await AskAsync(bed);
        await UntilAsync(() => Stat(bed, "upstream_rq_pending_active") == 1);
        Stat(bed, "circuit_breakers.default.rq_pending_open").ShouldBe(1);

        string third = await ProxyBed.Exchange(bed.At(), Request, t => t.EndsWith("overflow"));

        third.ShouldStartWith("HTTP/1.1 503 ");
        third.ShouldContain("x-envoy-overloaded: true\r\n");
        Stat(bed, "upstream_rq_pending_overflow").ShouldBe(1);
        go.Release(2);
        (await ProxyBed.Receive(second, t => t.EndsWith("slow"))).ShouldStartWith("HTTP/1.1 200");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MaxRetriesOrBudget_OfNone_GivesTheFirstAnswerAndCountsTheOverflow(bool budget)
    {
        CircuitBreakers.Types.Thresholds none = budget
            ? new() { RetryBudget = new() { BudgetPercent = new() { Value = 0 }, MinRetryConcurrency = 0 } } : new() { MaxRetries = 0 };
        int calls = 0;
        await using Backend backend = Backend.Http(_ =>
        {
            Interlocked.Increment(ref calls);
            return "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n";
        });
        await using ProxyBed bed = new();
        Serve(bed, backend, c => c.CircuitBreakers = Limit(none), r => r.Route_.RetryPolicy = new() { RetryOn = "5xx", NumRetries = 3 });

        (await ProxyBed.Exchange(bed.At(), Request, t => t.EndsWith("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 503 ");

        calls.ShouldBe(1);
        Stat(bed, "upstream_rq_retry_overflow").ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MaxRequestsPerConnection_OfTwo_OpensOneForEachTwo(bool http2)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed inner = new();
        inner.ServeHttp(backend.At);
        await using ProxyBed bed = new();
        Serve(bed, inner.At(), c => Options(c, http2, new() { MaxRequestsPerConnection = 2 }));

        for (int i = 0; i < 6; i++)
        {
            (await ProxyBed.Exchange(bed.At(), Request, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
        }

        await UntilAsync(() => Stat(bed, "upstream_cx_max_requests") == 3);
        Stat(bed, "upstream_cx_total").ShouldBe(3);
    }

    [Theory]
    [InlineData(false, "upstream_cx_idle_timeout")]
    [InlineData(true, "upstream_cx_idle_timeout")]
    [InlineData(false, "upstream_cx_max_duration_reached")]
    [InlineData(true, "upstream_cx_max_duration_reached")]
    public async Task Connection_IdleOrOldForTooLong_IsClosed(bool http2, string counted)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed inner = new();
        inner.ServeHttp(backend.At);
        await using ProxyBed bed = new();
        Duration soon = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50));
        Serve(bed, inner.At(), c => Options(c, http2, counted.Contains("idle") ? new() { IdleTimeout = soon } : new() { MaxConnectionDuration = soon }));

        (await ProxyBed.Exchange(bed.At(), Request, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
        await UntilAsync(() => Stat(bed, counted) == 1 && Stat(bed, "upstream_cx_active") == 0);

        (await ProxyBed.Exchange(bed.At(), Request, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
        Stat(bed, "upstream_cx_total").ShouldBe(2);
    }

    [Fact]
    public async Task Connection_ThatGrowsOldWithARequest_EndsOnlyAfterIt()
    {
        using SemaphoreSlim arrived = new(0);
        using SemaphoreSlim go = new(0);
        await using Backend backend = Slow(arrived, go);
        await using ProxyBed bed = new();
        Serve(bed, backend, c => Options(c, false, new() { MaxConnectionDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(30)) }));
        using Socket client = await AskAsync(bed);
        await arrived.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await UntilAsync(() => Stat(bed, "upstream_cx_max_duration_reached") == 1);

        go.Release();

        (await ProxyBed.Receive(client, t => t.EndsWith("slow"))).ShouldStartWith("HTTP/1.1 200");
        await UntilAsync(() => Stat(bed, "upstream_cx_active") == 0);
    }

    [Fact]
    public async Task Retry_AvoidingPreviousHosts_GoesToTheOther()
    {
        await using Backend bad = Backend.Http(_ => "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n");
        await using Backend good = Backend.Http(_ => Backend.Ok("good"));
        await using ProxyBed bed = new();
        Serve(bed, bad, _ => { }, r =>
        {
            r.Route_.RetryPolicy = new() { RetryOn = "5xx", NumRetries = 1, HostSelectionRetryMaxAttempts = 100 };
            r.Route_.RetryPolicy.RetryHostPredicate.Add(new RetryPolicy.Types.RetryHostPredicate { Name = "envoy.retry_host_predicates.previous_hosts" });
        });
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", bad.At, good.At));

        for (int i = 0; i < 20; i++)
        {
            (await ProxyBed.Exchange(bed.At(), Request, t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 200");
        }
        Stat(bed, "upstream_rq_retry").ShouldBeGreaterThan(0);
    }

    // Answers when it is told to, any number of times on a connection.
    private static Backend Slow(SemaphoreSlim arrived, SemaphoreSlim go) => new(async (socket, stop) =>
    {
        while (await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop) > 0)
        {
            arrived.Release();
            await go.WaitAsync(stop);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok("slow")), SocketFlags.None, stop);
        }
    });

    private static CircuitBreakers Limit(CircuitBreakers.Types.Thresholds thresholds) => new() { Thresholds = { thresholds } };

    private static void Options(Cluster cluster, bool http2, Envoy.Config.Core.V3.HttpProtocolOptions common)
    {
        HttpProtocolOptions options = new() { CommonHttpProtocolOptions = common, ExplicitHttpConfig = new() };
        if (http2)
        {
            options.ExplicitHttpConfig.Http2ProtocolOptions = new();
        }
        else
        {
            options.ExplicitHttpConfig.HttpProtocolOptions = new();
        }
        cluster.TypedExtensionProtocolOptions.Add("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", ProxyBed.Pack(options));
    }

    private static void Serve(ProxyBed bed, Backend backend, Action<Cluster> change, Action<Route>? route = null) => Serve(bed, backend.At, change, route);

    private static void Serve(ProxyBed bed, System.Net.IPEndPoint at, Action<Cluster> change, Action<Route>? route = null)
    {
        Cluster cluster = ProxyBed.Eds("backend");
        change(cluster);
        Route to = ProxyBed.To("backend");
        route?.Invoke(to);
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", at));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", to));
    }

    private static async Task<Socket> AskAsync(ProxyBed bed)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Request), TestContext.Current.CancellationToken);
        return socket;
    }

    private static long Stat(ProxyBed bed, string name) => bed.Server.Stats().FirstOrDefault(s => s.Name == $"cluster.backend.{name}").Value;

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
