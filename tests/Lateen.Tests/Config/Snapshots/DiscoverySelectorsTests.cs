using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Workloads;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Snapshots;

/// <summary>MeshConfig.discoverySelectors: objects of other namespaces are as if they were not there, and come and go with the labels.</summary>
public sealed class DiscoverySelectorsTests
{
    private static readonly MeshConfig Selecting = MeshConfigDecoder.Decode(
        """
        discoverySelectors:
        - matchLabels: {mesh: "yes"}
        - matchExpressions: [{key: team, operator: In, values: [a, b]}]
        """,
        "mesh").Value!;

    private readonly MeshState _state = new("cluster.local", "Kubernetes", ControlPlaneSettings.Default);

    [Fact]
    public void Service_OfANamespaceThatIsNotChosen_IsNotSeen()
    {
        Namespace("one", ("mesh", "yes"));
        Namespace("two");
        Namespace("three", ("team", "b"));
        _state.SetMesh(Selecting);
        Service("one");
        Service("two");
        Service("three");

        Hosts().ShouldBe(["web.one.svc.cluster.local", "web.three.svc.cluster.local"]);
    }

    [Fact]
    public void Label_GivenAndTaken_BringsItsObjectsAndTakesThem()
    {
        Namespace("one");
        Service("one");
        _state.SetMesh(Selecting);
        Hosts().ShouldBeEmpty();

        Namespace("one", ("mesh", "yes"));
        Hosts().ShouldBe(["web.one.svc.cluster.local"]);

        Namespace("one");
        Hosts().ShouldBeEmpty();

        _state.SetMesh(MeshConfig.Default);
        Hosts().ShouldBe(["web.one.svc.cluster.local"]);
    }

    [Fact]
    public void Object_DeletedWhileItsNamespaceIsNotChosen_DoesNotComeBack()
    {
        Namespace("one");
        Service("one");
        _state.SetMesh(Selecting);
        _state.DeleteService(new ObjectKey("one", "web"));
        Namespace("one", ("mesh", "yes"));

        Hosts().ShouldBeEmpty();
    }

    [Fact]
    public void Object_ChangedWhileItsNamespaceIsNotChosen_ComesAsItIs()
    {
        Namespace("one");
        Service("one");
        _state.SetMesh(Selecting);
        Service("one", port: 81);
        Namespace("one", ("mesh", "yes"));

        _state.Build().Snapshot.Index.Services.Single().Ports.Single().Number.ShouldBe(81);
    }

    private IEnumerable<string> Hosts() =>
        (_state.HasChanges ? _state.Build().Snapshot : throw new InvalidOperationException("nothing changed")).Index.Services
            .Select(service => service.Hostname).Order(StringComparer.Ordinal);

    private void Namespace(string name, params (string Key, string Value)[] labels) =>
        _state.Upsert(new MeshNamespace(name, labels.Select(label => KeyValuePair.Create(label.Key, label.Value)).ToEquatableMap()));

    private void Service(string ns, int port = 80) => _state.Upsert(ServiceDecoder.Read(
        (JsonObject)JsonNode.Parse($$$"""
        {"metadata":{"name":"web","namespace":"{{{ns}}}"},"spec":{"clusterIP":"10.96.0.5","ports":[{"name":"http","port":{{{port}}}}]}}
        """)!,
        "cluster.local",
        "Kubernetes"));
}
