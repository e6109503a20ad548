using Envoy.Config.Endpoint.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;
using Lateen.Translation.Endpoints;
using Shouldly;
using Xunit;
using ModelEndpoint = Lateen.Model.Services.Endpoint;
using ModelLocality = Lateen.Model.Workloads.Locality;

namespace Lateen.Tests.Translation;

public class LocalityTests
{
    private static readonly ProxyNode Proxy = new()
    {
        Id = "a.default",
        Locality = ModelLocality.Parse("r1/z1/s1"),
        Labels = new[] { KeyValuePair.Create("version", "v1") }.ToEquatableMap(),
    };

    [Fact]
    public void Failover_OrdersByDistance_WithoutGaps()
    {
        var groups = LocalityPriorities.Apply([Group("r1/z1/s1"), Group("r1/z2/s1"), Group("r2/z1/s1")], Proxy, new());
        groups.Select(g => g.Priority).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void Failover_ToAnotherRegion_PutsTheOthersLast()
    {
        var settings = new LocalityLoadBalancer { Failover = [new LocalityFailover("r1", "r3")] };
        var groups = LocalityPriorities.Apply([Group("r1/z1/s1"), Group("r2/z1/s1"), Group("r3/z1/s1")], Proxy, settings);
        groups.Select(g => g.Priority).ShouldBe([0, 2, 1]);
    }

    [Fact]
    public void FailoverPriority_SplitsALocalityByTheFirstLabelThatDiffers()
    {
        var group = Group("r1/z1/s1", "v1", "v2");
        var settings = new LocalityLoadBalancer { FailoverPriority = ["topology.kubernetes.io/region", "version"] };
        var groups = LocalityPriorities.Apply([group], Proxy, settings);
        groups.Select(g => (g.Priority, g.Members[0].Source.Labels.Find("version"))).ShouldBe([(0, "v1"), (1, "v2")]);
    }

    [Fact]
    public void Distribute_SharesByPattern_AndEmptiesWhatNoneNames()
    {
        List<LocalityGroup> groups = [Group("r1/z1/s1"), Group("r1/z2/s1"), Group("r2/z1/s1")];
        var to = new[] { KeyValuePair.Create("r1/z1/*", 80u), KeyValuePair.Create("r1/z2/*", 20u) }.ToEquatableMap();
        LocalityWeights.Apply(groups, Proxy, [new LocalityDistribution("r1/*", to)]);
        groups.Select(g => g.Build().LoadBalancingWeight).ShouldBe([80u, 20u, 0u]);
        groups[2].Members.ShouldBeEmpty();
    }

    private static LocalityGroup Group(string locality, params string[] versions)
    {
        var group = new LocalityGroup(ModelLocality.Parse(locality));
        foreach (var version in versions.Length == 0 ? ["v1"] : versions)
        {
            var endpoint = new ModelEndpoint
            {
                Address = "10.0.0.1",
                Locality = group.Locality,
                Labels = new[] { KeyValuePair.Create("version", version) }.ToEquatableMap(),
            };
            group.Members.Add((new LbEndpoint { LoadBalancingWeight = 1 }, endpoint));
        }

        return group;
    }
}
