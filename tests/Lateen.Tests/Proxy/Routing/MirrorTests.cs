using Envoy.Config.Route.V3;
using Envoy.Type.V3;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Routing;

public sealed class MirrorTests
{
    [Fact]
    public async Task Request_Mirrored_ReachesBothAndIsAnsweredByTheFirst()
    {
        TaskCompletionSource<string> copied = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend main = Backend.Http(_ => Backend.Ok("main"));
        await using Backend mirror = Backend.Http(r =>
        {
            copied.TrySetResult(r);
            return "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n";
        });
        await using ProxyBed bed = new();
        Serve(bed, main, mirror, 100);

        string answer = await ProxyBed.Exchange(
            bed.At(), "POST /x?y HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 4\r\nX-Own: 1\r\n\r\nbody", t => t.EndsWith("main"));

        answer.ShouldStartWith("HTTP/1.1 200");
        string copy = await copied.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        copy.ShouldStartWith("POST /x?y HTTP/1.1\r\n");
        copy.ShouldContain("host: shop.example-shadow:8080\r\n");
        copy.ShouldContain("X-Own: 1\r\n");
        copy.ShouldEndWith("\r\n\r\nbody");
    }

    [Fact]
    public async Task Mirror_ThatNeverAnswers_DoesNotHoldTheRequestUp()
    {
        await using Backend main = Backend.Http(_ => Backend.Ok("main"));
        await using Backend silent = new(async (_, stop) => await Task.Delay(Timeout.Infinite, stop));
        await using ProxyBed bed = new();
        Serve(bed, main, silent, 100);

        for (int i = 0; i < 5; i++)
        {
            (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("main"))).ShouldStartWith("HTTP/1.1 200");
        }
    }

    [Fact]
    public async Task Share_OfZero_MirrorsNothing()
    {
        await using Backend main = Backend.Http(_ => Backend.Ok("main"));
        await using Backend mirror = Backend.Http(_ => Backend.Ok("mirror"));
        await using ProxyBed bed = new();
        Serve(bed, main, mirror, 0);

        await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("main"));

        mirror.Connections.ShouldBe(0);
        bed.Server.Stats().Single(s => s.Name == "cluster.mirror.upstream_rq_total").Value.ShouldBe(0);
    }

    private static void Serve(ProxyBed bed, Backend main, Backend mirror, uint percent)
    {
        Route route = ProxyBed.To("main");
        route.Route_.RequestMirrorPolicies.Add(new RouteAction.Types.RequestMirrorPolicy
        {
            Cluster = "mirror",
            RuntimeFraction = new() { DefaultValue = new FractionalPercent { Numerator = percent } },
        });
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("main"), ProxyBed.Eds("mirror"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("main", main.At), ProxyBed.Endpoints("mirror", mirror.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", route));
    }
}
