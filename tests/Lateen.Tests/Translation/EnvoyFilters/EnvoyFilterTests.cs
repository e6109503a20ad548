using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.EnvoyFilters;

public sealed class EnvoyFilterTests
{
    private const string Fault = "envoy.filters.http.fault";

    [Fact]
    public void HttpFilter_MergedIntoATypedConfig_KeepsWhatThePatchDoesNotName()
    {
        var filters = HttpFilters(
            Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.Merge, At(Fault), TypedFault("{\"upstreamCluster\":\"a\"}")),
            Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.Merge, At(Fault), TypedFault("{\"downstreamNodes\":[\"n\"]}")));

        var fault = filters.Single(f => f.Name == Fault).TypedConfig.Unpack<HTTPFault>();
        fault.UpstreamCluster.ShouldBe("a");
        fault.DownstreamNodes.ShouldBe(["n"]);
    }

    [Fact]
    public void HttpFilter_InsertedBeforeTheRouter_ComesBeforeIt()
    {
        var names = HttpFilters(Patch(
            EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertBefore, At("envoy.filters.http.router"), "{\"name\":\"mine\"}")).Select(f => f.Name);

        names.TakeLast(2).ShouldBe(["mine", "envoy.filters.http.router"]);
    }

    [Fact]
    public void HttpFilter_InsertedBesideAFilterThatIsNotThere_IsNotInserted()
    {
        var names = HttpFilters(Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertAfter, At("nobody"), "{\"name\":\"mine\"}")).Select(f => f.Name);

        names.ShouldNotContain("mine");
    }

    [Fact]
    public void Patches_OfTheRootNamespaceAndByPriority_AreAppliedInThatOrder()
    {
        var own = Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, At(null), "{\"name\":\"own\"}");
        var late = Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, At(null), "{\"name\":\"late\"}", priority: 1);
        var root = Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, At(null), "{\"name\":\"root\"}", ns: "istio-system");

        // Each goes to the front: the last one applied stands first.
        HttpFilters(late, own, root).Select(f => f.Name).Take(3).ShouldBe(["late", "own", "root"]);
    }

    [Fact]
    public void Patch_ForAnotherVersionOrMetadata_IsNotApplied()
    {
        var version = new EnvoyFilterMatch { Context = EnvoyFilterContext.SidecarInbound, ProxyVersion = "^1\\.18.*" };
        var metadata = new EnvoyFilterMatch { Context = EnvoyFilterContext.SidecarInbound, ProxyMetadata = Labels(("a", "b")) };

        HttpFilters(
            Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, version, "{\"name\":\"mine\"}"),
            Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, metadata, "{\"name\":\"mine\"}"))
            .Select(f => f.Name).ShouldNotContain("mine");
    }

    [Fact]
    public void Cluster_Merged_ReplacesADurationAsAWhole()
    {
        var cluster = Translate<Cluster>(
            TypeUrls.Cluster, [], Patch(EnvoyFilterApplyTo.Cluster, EnvoyFilterOperation.Merge, new() { Cluster = new(Service: "web.default.svc.cluster.local") }, "{\"connectTimeout\":\"0.250s\"}"))
            .Single(c => c.Name == "outbound|80||web.default.svc.cluster.local");

        cluster.ConnectTimeout.ToTimeSpan().ShouldBe(TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public void Route_RemovedByName_IsGoneAndTheHostStays()
    {
        var match = new EnvoyFilterMatch
        {
            Context = EnvoyFilterContext.SidecarOutbound,
            RouteConfiguration = new() { PortNumber = 80, Vhost = new("web.default.svc.cluster.local:80", new("default")) },
        };
        var host = Translate<RouteConfiguration>(TypeUrls.RouteConfiguration, ["80"], Patch(EnvoyFilterApplyTo.HttpRoute, EnvoyFilterOperation.Remove, match, null))
            .Single().VirtualHosts.Single(h => h.Name == "web.default.svc.cluster.local:80");

        host.Routes.ShouldBeEmpty();
    }

    [Fact]
    public void Value_OfAnUnknownField_IsRefusedWithItsPathAndTheRestIsApplied()
    {
        var good = Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, At(null), "{\"name\":\"good\"}");
        var bad = Patch(EnvoyFilterApplyTo.HttpFilter, EnvoyFilterOperation.InsertFirst, At(null), "{\"nam\":\"bad\"}");
        var result = ProxyTranslator.Translate(new(Mesh(bad, good), Sidecar("10.1.0.1"), TypeUrls.Listener, []));

        var problem = result.Problems.ShouldHaveSingleItem();
        problem.FieldPath.ShouldBe("spec.configPatches[0].patch.value");
        problem.What.ShouldContain("nam");
    }

    [Fact]
    public void Operation_ThatAnApplyPointDoesNotKnow_IsRefused()
    {
        var result = ProxyTranslator.Translate(new(
            Mesh(Patch(EnvoyFilterApplyTo.Cluster, EnvoyFilterOperation.Replace, new(), "{\"name\":\"a\"}")), Sidecar(), TypeUrls.Cluster, []));

        result.Problems.ShouldHaveSingleItem().ToString()
            .ShouldBe("EnvoyFilter default/filter spec.configPatches[0].patch.operation: REPLACE is not possible at CLUSTER; use one of MERGE, ADD, REMOVE");
    }

    private static string TypedFault(string config) =>
        $"{{\"name\":\"{Fault}\",\"typedConfig\":{{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault\",{config[1..]}}}";

    private static EnvoyFilterMatch At(string? httpFilter) => new()
    {
        Context = EnvoyFilterContext.SidecarInbound,
        Listener = new()
        {
            FilterChain = new() { FilterName = "envoy.filters.network.http_connection_manager", SubFilterName = httpFilter },
        },
    };

    private static EnvoyFilterConfig Patch(
        EnvoyFilterApplyTo applyTo, EnvoyFilterOperation operation, EnvoyFilterMatch match, string? value, int priority = 0, string ns = "default") => new()
    {
        Meta = Meta("EnvoyFilter", "filter") with { Namespace = ns },
        Priority = priority,
        ConfigPatches = [new() { ApplyTo = applyTo, Operation = operation, Match = match, ValueJson = value }],
    };

    private static List<HttpFilter> HttpFilters(params EnvoyFilterConfig[] filters)
    {
        var inbound = Translate<Listener>(TypeUrls.Listener, [], filters).Single(l => l.Name == "virtualInbound");
        var chain = inbound.FilterChains.First(c => c.Name == "0.0.0.0_80");
        return [.. chain.Filters.Single(f => f.Name.EndsWith("http_connection_manager", StringComparison.Ordinal)).TypedConfig.Unpack<HttpConnectionManager>().HttpFilters];
    }

    private static MeshSnapshot Mesh(params EnvoyFilterConfig[] filters) => MeshSnapshot.Build(new()
    {
        Services = [Service("web", "10.96.0.10", ("http", 80, Protocol.Http))],
        Endpoints = [Endpoints("web", ("10.1.0.1", 80, "http", "v1"))],
        Configs = filters.OfType<IIstioConfig>().ToEquatableArray(),
    });

    private static List<T> Translate<T>(string type, EquatableArray<string> names, params EnvoyFilterConfig[] filters)
        where T : IMessage, new()
    {
        var result = ProxyTranslator.Translate(new(Mesh(filters), Sidecar("10.1.0.1") with { Labels = Labels(("app", "web")), IstioVersion = "1.19.3" }, type, names));
        result.Problems.ShouldBeEmpty();
        return [.. result.Resources.Select(r => r.Resource.Unpack<T>())];
    }
}
