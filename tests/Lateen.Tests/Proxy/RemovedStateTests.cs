using Lateen.Api;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Runtime;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>What configuration takes away is gone from memory, whatever came and went before.</summary>
public sealed class RemovedStateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Cluster_RemovedAfterUse_IsCollectedWithItsStatistics()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
        bed.Stat("cluster.backend.upstream_rq_total").ShouldBe(1);
        WeakReference<ClusterState> cluster = StateOf(bed, "backend");

        bed.Server.Remove(TypeUrls.Listener, ["http"]);
        bed.Server.Remove(TypeUrls.RouteConfiguration, ["routes"]);
        bed.Server.Remove(TypeUrls.ClusterLoadAssignment, ["backend"]);
        bed.Server.Remove(TypeUrls.Cluster, ["backend"]);

        await CollectedAsync(cluster);
        bed.Server.Stats().ShouldNotContain(s => s.Name.StartsWith("cluster.backend.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cluster_RemovedAndThereAgain_IsTheOneThatRoutesKnow()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");

        bed.Server.Remove(TypeUrls.Cluster, ["backend"]);
        await UntilAsync(() => bed.Server.Clusters().Count == 0, "the cluster's grace to end");
        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false)).ShouldStartWith("HTTP/1.1 503");
        GC.Collect();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));

        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public void WeakTable_NamesThatCameAndWent_AreSweptAway()
    {
        WeakTable<object> table = new();
        object kept = table.GetOrAdd("kept", static _ => new object());

        for (int i = 0; i < 10_000; i++)
        {
            table.GetOrAdd($"name {i}", static _ => new object());
            if (i % 100 == 0)
            {
                GC.Collect(0);
            }
        }

        GC.Collect();
        table.Count.ShouldBeLessThan(2000);
        table.GetOrAdd("kept", static _ => new object()).ShouldBeSameAs(kept);
    }

    private static WeakReference<ClusterState> StateOf(ProxyBed bed, string name) => new(bed.Server.Runtime.FindCluster(name)!);

    private static Task CollectedAsync<T>(WeakReference<T> reference) where T : class => UntilAsync(
        () =>
        {
            GC.Collect();
            return !reference.TryGetTarget(out _);
        },
        "the object to be collected");

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        using CancellationTokenSource limit = new(Patience);
        while (!condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse($"waited for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }
}
