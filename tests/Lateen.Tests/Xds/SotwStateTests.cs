using Envoy.Service.Discovery.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Xds.Server;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

public sealed class SotwStateTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private readonly SotwState _state = new();

    [Fact]
    public void Request_FirstOfWildcardType_WantsEverything() =>
        Request(TypeUrls.Cluster).ShouldBe(RequestVerdict.Wanted);

    [Fact]
    public void Request_NonceOfLastResponseSameNames_IsAck()
    {
        Request(TypeUrls.Cluster);
        Sent(TypeUrls.Cluster, "v1", "1");
        _state.Find(TypeUrls.Cluster)!.IsAwaitingAck.ShouldBeTrue();
        Request(TypeUrls.Cluster, "1").ShouldBe(RequestVerdict.Acked);
        var type = _state.Find(TypeUrls.Cluster)!;
        type.IsAwaitingAck.ShouldBeFalse();
        type.AckedVersion.ShouldBe("v1");
        type.AckedNonce.ShouldBe("1");
    }

    [Fact]
    public void Request_OldNonce_IsStaleAndChangesNothing()
    {
        Request(TypeUrls.ClusterLoadAssignment, "", "a");
        Sent(TypeUrls.ClusterLoadAssignment, "v1", "1");
        Sent(TypeUrls.ClusterLoadAssignment, "v2", "2");
        Request(TypeUrls.ClusterLoadAssignment, "1", "a", "b").ShouldBe(RequestVerdict.Stale);
        _state.Find(TypeUrls.ClusterLoadAssignment)!.Names.Names.ShouldBe(["a"]);
    }

    [Fact]
    public void Request_ErrorDetail_IsNackWithMessageAndKeepsAckedVersion()
    {
        Request(TypeUrls.Cluster);
        Sent(TypeUrls.Cluster, "v1", "1");
        Request(TypeUrls.Cluster, "1");
        Sent(TypeUrls.Cluster, "v2", "2");
        var refusal = new DiscoveryRequest { TypeUrl = TypeUrls.Cluster, ResponseNonce = "2", ErrorDetail = new Google.Rpc.Status { Message = "bad" } };
        _state.OnRequest(refusal, NameSet.Empty, Now).ShouldBe(RequestVerdict.Nacked);
        var status = _state.Find(TypeUrls.Cluster)!.Status();
        status.AckedVersion.ShouldBe("v1");
        status.SentVersion.ShouldBe("v2");
        status.NackMessage.ShouldBe("bad");
    }

    [Fact]
    public void Request_NamesAdded_WantsAndNamesRemoved_DoesNot()
    {
        Request(TypeUrls.RouteConfiguration, "", "80");
        Sent(TypeUrls.RouteConfiguration, "v1", "1");
        Request(TypeUrls.RouteConfiguration, "1", "80", "8080").ShouldBe(RequestVerdict.Wanted);
        Sent(TypeUrls.RouteConfiguration, "v1", "2");
        Request(TypeUrls.RouteConfiguration, "2", "8080").ShouldBe(RequestVerdict.Acked);
        _state.Find(TypeUrls.RouteConfiguration)!.Names.Names.ShouldBe(["8080"]);
    }

    [Fact]
    public void Request_EmptyNamesAfterSome_Unsubscribes()
    {
        Request(TypeUrls.ClusterLoadAssignment, "", "a");
        Sent(TypeUrls.ClusterLoadAssignment, "v1", "1");
        Request(TypeUrls.ClusterLoadAssignment, "1").ShouldBe(RequestVerdict.Unsubscribed);
        _state.Find(TypeUrls.ClusterLoadAssignment).ShouldBeNull();
    }

    [Fact]
    public void Request_EndpointsAfterClustersWereSent_AnswersThoughNamesAreTheSame()
    {
        Request(TypeUrls.ClusterLoadAssignment, "", "a");
        Sent(TypeUrls.ClusterLoadAssignment, "v1", "1", Resource("a", "1"));
        Request(TypeUrls.ClusterLoadAssignment, "1", "a").ShouldBe(RequestVerdict.Acked);
        Request(TypeUrls.Cluster);
        Sent(TypeUrls.Cluster, "v2", "2");
        Request(TypeUrls.ClusterLoadAssignment, "1", "a").ShouldBe(RequestVerdict.Wanted);
        SotwState.Select(_state.Find(TypeUrls.ClusterLoadAssignment)!, Set(Resource("a", "1")), isWanted: true)!.Count.ShouldBe(1);
    }

    [Fact]
    public void Select_WildcardType_SendsAllWhenOneChangedAndNothingWhenNone()
    {
        Request(TypeUrls.Cluster);
        var type = _state.Find(TypeUrls.Cluster)!;
        SotwState.Select(type, Set(Resource("a", "1"), Resource("b", "1")), true)!.Count.ShouldBe(2);
        SotwState.Select(type, Set(Resource("a", "1"), Resource("b", "1")), false).ShouldBeNull();
        SotwState.Select(type, Set(Resource("a", "2"), Resource("b", "1")), false)!.Count.ShouldBe(2);
        SotwState.Select(type, Set(Resource("a", "2")), false)!.Select(r => r.Name).ShouldBe(["a"]);
    }

    [Fact]
    public void Select_NamedType_SendsOnlyTheChanged()
    {
        Request(TypeUrls.ClusterLoadAssignment, "", "a", "b");
        var type = _state.Find(TypeUrls.ClusterLoadAssignment)!;
        SotwState.Select(type, Set(Resource("a", "1"), Resource("b", "1")), true)!.Count.ShouldBe(2);
        SotwState.Select(type, Set(Resource("a", "1"), Resource("b", "2")), false)!.Select(r => r.Name).ShouldBe(["b"]);
    }

    [Fact]
    public void Request_OtherNames_KeepsWhatWasSentOfThoseThatStay()
    {
        Request(TypeUrls.ClusterLoadAssignment, "", "a", "b", "c");
        Sent(TypeUrls.ClusterLoadAssignment, "v1", "1", Resource("a", "1"), Resource("b", "1"), Resource("c", "1"));
        Request(TypeUrls.ClusterLoadAssignment, "1", "c", "d", "a").ShouldBe(RequestVerdict.Wanted);
        var type = _state.Find(TypeUrls.ClusterLoadAssignment)!;
        type.Status().Resources.ShouldBe(2);
        SotwState.Select(type, Set(Resource("c", "1"), Resource("d", "1"), Resource("a", "2")), true)!.Select(r => r.Name).ShouldBe(["d", "a"]);
    }

    private RequestVerdict Request(string typeUrl, string nonce = "", params string[] names)
    {
        var request = new DiscoveryRequest { TypeUrl = typeUrl, ResponseNonce = nonce };
        return _state.OnRequest(request, NameSet.Of(names), Now);
    }

    private void Sent(string typeUrl, string version, string nonce, params XdsResource[] resources)
    {
        var type = _state.Find(typeUrl)!;
        SotwState.Select(type, Set(resources), true);
        _state.OnSent(type, version, nonce, Now);
    }

    private static XdsResource Resource(string name, string version) => new(name, version, new Any());

    private static XdsResourceSet Set(params XdsResource[] resources) => new("v", resources);
}
