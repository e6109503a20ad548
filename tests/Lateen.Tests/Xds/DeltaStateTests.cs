using Envoy.Service.Discovery.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Xds.Server;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

public sealed class DeltaStateTests
{
    private readonly DeltaState _state = new(new NameSetPool());

    [Fact]
    public void Select_ResourceGone_IsRemovedByName()
    {
        Request(TypeUrls.Cluster).ShouldBe(RequestVerdict.Wanted);
        var type = _state.Find(TypeUrls.Cluster)!;
        DeltaState.Select(type, Set(("a", "1"), ("b", "1")), true)!.Value.Resources.Count.ShouldBe(2);
        var change = DeltaState.Select(type, Set(("b", "1"), ("c", "1")), false)!.Value;
        change.Resources.Select(r => r.Name).ShouldBe(["c"]);
        change.Removed.ShouldBe(["a"]);
        DeltaState.Select(type, Set(("b", "1"), ("c", "1")), false).ShouldBeNull();
    }

    [Fact]
    public void Request_InitialVersionsAfterReconnect_SendsOnlyTheDifference()
    {
        var request = new DeltaDiscoveryRequest { TypeUrl = TypeUrls.Cluster };
        request.InitialResourceVersions["a"] = "1";
        request.InitialResourceVersions["gone"] = "1";
        _state.OnRequest(request, DateTimeOffset.UnixEpoch);
        var change = DeltaState.Select(_state.Find(TypeUrls.Cluster)!, Set(("a", "1"), ("b", "1")), true)!.Value;
        change.Resources.Select(r => r.Name).ShouldBe(["b"]);
        change.Removed.ShouldBe(["gone"]);
    }

    [Fact]
    public void Request_SubscribeAgain_SendsTheResourceAgain()
    {
        Request(TypeUrls.ClusterLoadAssignment, subscribe: ["a"]).ShouldBe(RequestVerdict.Wanted);
        var type = _state.Find(TypeUrls.ClusterLoadAssignment)!;
        DeltaState.Select(type, Set(("a", "1")), true);
        Request(TypeUrls.ClusterLoadAssignment, subscribe: ["a"]).ShouldBe(RequestVerdict.Wanted);
        DeltaState.Select(type, Set(("a", "1")), true)!.Value.Resources.Count.ShouldBe(1);
    }

    [Fact]
    public void Request_SubscribeToWhatDoesNotExist_IsAnsweredAsRemoved()
    {
        Request(TypeUrls.ClusterLoadAssignment, subscribe: ["nowhere"]);
        DeltaState.Select(_state.Find(TypeUrls.ClusterLoadAssignment)!, Set(), true)!.Value.Removed.ShouldBe(["nowhere"]);
    }

    [Fact]
    public void Request_UnsubscribeLastName_Unsubscribes()
    {
        Request(TypeUrls.ClusterLoadAssignment, subscribe: ["a"]);
        Request(TypeUrls.ClusterLoadAssignment, unsubscribe: ["a"]).ShouldBe(RequestVerdict.Acked);
        _state.Find(TypeUrls.ClusterLoadAssignment)!.Names.Names.ShouldBeEmpty();
    }

    [Fact]
    public void Request_MoreNamesAndFewer_KeepsWhatIsKnownOfTheOthers()
    {
        Request(TypeUrls.ClusterLoadAssignment, subscribe: ["a", "b"]);
        var type = _state.Find(TypeUrls.ClusterLoadAssignment)!;
        DeltaState.Select(type, Set(("a", "1"), ("b", "1")), true);
        Request(TypeUrls.ClusterLoadAssignment, subscribe: ["c"], unsubscribe: ["a"]).ShouldBe(RequestVerdict.Wanted);
        type.Names.Names.ShouldBe(["b", "c"]);
        DeltaState.Select(type, Set(("b", "1"), ("c", "1")), true)!.Value.Resources.Select(r => r.Name).ShouldBe(["c"]);
    }

    [Fact]
    public void Select_WildcardWithOtherOrderAndVersions_SendsOnlyTheDifference()
    {
        Request(TypeUrls.Cluster);
        var type = _state.Find(TypeUrls.Cluster)!;
        DeltaState.Select(type, Set(("a", "1"), ("b", "1"), ("c", "1")), true);
        DeltaState.Select(type, Set(("a", "1"), ("b", "2"), ("c", "1")), false)!.Value.Resources.Select(r => r.Name).ShouldBe(["b"]);
        DeltaState.Select(type, Set(("c", "1"), ("b", "2"), ("a", "1")), false).ShouldBeNull();
        var change = DeltaState.Select(type, Set(("d", "1"), ("c", "2"), ("a", "1")), false)!.Value;
        change.Resources.Select(r => r.Name).ShouldBe(["d", "c"]);
        change.Removed.ShouldBe(["b"]);
    }

    [Fact]
    public void Request_NameBesideTheWildcard_SendsThatResourceAgainAndNoOther()
    {
        Request(TypeUrls.Cluster);
        var type = _state.Find(TypeUrls.Cluster)!;
        DeltaState.Select(type, Set(("a", "1"), ("b", "1")), true);
        Request(TypeUrls.Cluster, subscribe: ["b"]).ShouldBe(RequestVerdict.Wanted);
        DeltaState.Select(type, Set(("a", "1"), ("b", "1")), true)!.Value.Resources.Select(r => r.Name).ShouldBe(["b"]);
        Request(TypeUrls.Cluster, unsubscribe: ["b"]);
        DeltaState.Select(type, Set(("a", "1"), ("b", "1")), false).ShouldBeNull();
    }

    private RequestVerdict Request(string typeUrl, string[]? subscribe = null, string[]? unsubscribe = null)
    {
        var request = new DeltaDiscoveryRequest { TypeUrl = typeUrl };
        request.ResourceNamesSubscribe.AddRange(subscribe ?? []);
        request.ResourceNamesUnsubscribe.AddRange(unsubscribe ?? []);
        return _state.OnRequest(request, DateTimeOffset.UnixEpoch);
    }

    private static XdsResourceSet Set(params (string Name, string Version)[] resources) =>
        new("v", [.. resources.Select(r => new XdsResource(r.Name, r.Version, new Any()))]);
}
