using System.Net;
using Envoy.Config.Cluster.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Outlier;

public sealed class OutlierProxyTests
{
    [Fact]
    public async Task Host_AfterThree500s_GetsNoFurtherRequest()
    {
        int bad = 0;
        await using Backend good = Backend.Http(_ => Backend.Ok("good"));
        await using Backend failing = Backend.Http(_ =>
        {
            Interlocked.Increment(ref bad);
            return "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n";
        });
        await using ProxyBed bed = new();
        Serve(bed, good.At, failing.At);

        for (int i = 0; i < 20; i++)
        {
            await AskAsync(bed);
        }

        bad.ShouldBe(3);
        bed.Server.Clusters()[0].Hosts.Single(h => h.Address.EndsWith($":{failing.At.Port}", StringComparison.Ordinal)).HealthFlags.ShouldBe("/failed_outlier_check");
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.outlier_detection.ejections_active").Value.ShouldBe(1);
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.membership_healthy").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Failure_WithEveryHostEjected_IsExplainedByTheReason()
    {
        await using Backend failing = Backend.Http(_ => "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
        await using ProxyBed bed = new();
        Serve(bed, failing.At);
        for (int i = 0; i < 3; i++)
        {
            (await AskAsync(bed)).ShouldStartWith("HTTP/1.1 500");
        }

        (await AskAsync(bed)).ShouldEndWith("no healthy upstream");

        bed.Server.Failures().ShouldContain(line => line.EndsWith("503 UH: no healthy endpoint of backend: 1 ejected after consecutive 5xx", StringComparison.Ordinal));
    }

    private static void Serve(ProxyBed bed, params IPEndPoint[] hosts)
    {
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.LbPolicy = Cluster.Types.LbPolicy.RoundRobin;
        cluster.OutlierDetection = new() { Consecutive5Xx = 3, MaxEjectionPercent = 100, BaseEjectionTime = Duration.FromTimeSpan(TimeSpan.FromHours(1)) };
        cluster.CommonLbConfig = new() { HealthyPanicThreshold = new() { Value = 0 } };
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", hosts));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
    }

    private static Task<string> AskAsync(ProxyBed bed) =>
        ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false);
}
