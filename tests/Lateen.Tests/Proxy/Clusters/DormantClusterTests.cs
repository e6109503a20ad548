using System.Net;
using Envoy.Config.Route.V3;
using Lateen.Api;
using Lateen.Proxy;
using Shouldly;
using Xunit;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Tests.Proxy.Clusters;

public sealed class DormantClusterTests
{
    private static readonly IPEndPoint Elsewhere = new(IPAddress.Parse("10.1.2.3"), 8080);

    [Fact]
    public async Task Cluster_NeverCalled_StaysDormantAndIsShownWhole()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("called"));
        await using ProxyBed bed = new();
        Serve(bed, backend);

        (await Ask(bed, "called")).ShouldEndWith("called");

        bed.Server.Runtime.FindCluster("called")!.Dormant.ShouldBeNull();
        bed.Server.Clusters().Single(c => c.Name == "known").Hosts.ShouldHaveSingleItem().Address.ShouldBe(Elsewhere.ToString());
        bed.Server.Stats().Single(s => s.Name == "cluster.known.membership_healthy").Value.ShouldBe(1);
        bed.Server.Runtime.FindCluster("known")!.Dormant.ShouldNotBeNull("looking at a cluster must not bring it to life");
    }

    [Fact]
    public async Task Endpoints_ChangedBeforeTheFirstCall_AreThoseThatAreCalled()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("here"));
        await using ProxyBed bed = new();
        Serve(bed, backend);

        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("known", backend.At));

        (await Ask(bed, "known")).ShouldEndWith("here");
        bed.Server.Stats().Single(s => s.Name == "cluster.known.upstream_rq_total").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Cluster_SentAgainWithoutEndpoints_KeepsThoseItHad()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("here"));
        await using ProxyBed bed = new();
        Serve(bed, backend);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("known", backend.At));
        bed.Server.Remove(TypeUrls.ClusterLoadAssignment, ["known"]);

        Cluster changed = ProxyBed.Eds("known");
        changed.AltStatName = "other";
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("called"), changed);

        (await Ask(bed, "known")).ShouldEndWith("here");
        bed.Server.Stats().Single(s => s.Name == "cluster.other.upstream_rq_total").Value.ShouldBe(1);
    }

    [Fact]
    public void Cluster_ThatCannotBeHonoured_IsRefusedBeforeAnybodyCallsIt()
    {
        ProxyServer server = new(new ProxyOptions { Concurrency = 1 }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
        Cluster custom = new() { Name = "odd", ClusterType = new() { Name = "envoy.clusters.aggregate" } };

        server.Apply(TypeUrls.Cluster, "1", [ProxyBed.Pack(custom)]).ShouldHaveSingleItem().ToString().ShouldContain("cluster_type");

        server.Runtime.FindCluster("odd").ShouldBeNull();
    }

    [Fact]
    public async Task VirtualHosts_OfOneTable_AreEachFoundByTheirDomains()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("here"));
        await using ProxyBed bed = new();
        Serve(bed, backend);
        RouteConfiguration routes = new() { Name = "routes" };
        for (int i = 0; i < 300; i++)
        {
            VirtualHost host = new() { Name = $"h{i}" };
            host.Domains.Add([$"h{i}.example", $"*.h{i}.example", $"h{i}-*"]);
            host.Routes.Add(new Route { Match = new() { Prefix = "/" }, DirectResponse = new() { Status = 200, Body = new() { InlineString = $"<{i}>" } } });
            routes.VirtualHosts.Add(host);
        }
        bed.Apply(TypeUrls.RouteConfiguration, routes);

        foreach (int i in (int[])[0, 1, 150, 299])
        {
            foreach (string name in (string[])[$"h{i}.example", $"H{i}.Example", $"a.h{i}.example", $"h{i}-b"])
            {
                (await Ask(bed, name)).ShouldEndWith($"<{i}>");
            }
        }
        (await Ask(bed, "h300.example")).ShouldStartWith("HTTP/1.1 404");
    }

    // Requests for the host "known" go to the cluster "known", all others to "called".
    private static void Serve(ProxyBed bed, Backend backend)
    {
        VirtualHost known = new() { Name = "known" };
        known.Domains.Add("known");
        known.Routes.Add(ProxyBed.To("known"));
        RouteConfiguration routes = ProxyBed.Routes("routes", ProxyBed.To("called"));
        routes.VirtualHosts.Add(known);
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("called"), ProxyBed.Eds("known"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("called", backend.At), ProxyBed.Endpoints("known", Elsewhere));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, routes);
    }

    private static Task<string> Ask(ProxyBed bed, string host) =>
        ProxyBed.Exchange(bed.At(), $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", _ => false);
}
