using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Snapshots;

public class MeshStateTests
{
    private static readonly ServiceKey Web = new("web.default.svc.cluster.local", "default");

    private readonly MeshState _state = new("cluster.local", "Kubernetes", ControlPlaneSettings.Default);

    public MeshStateTests()
    {
        _state.Upsert(ServiceDecoder.Read(Json("""
            {"metadata":{"name":"web","namespace":"default","resourceVersion":"1"},
             "spec":{"clusterIP":"10.96.0.5","selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"web"}]}}
            """), "cluster.local", "Kubernetes"));
        _state.Upsert(Pod("web-1", "10.244.0.2"));
        _state.Upsert(Slice("10.244.0.2", "web-1"));
        _state.Build();
    }

    [Fact]
    public void Endpoint_CarriesThePodsLabelsAndIdentity()
    {
        var endpoint = _state.Build().Snapshot.EndpointsOf(Web).Endpoints.Single();
        endpoint.Address.ShouldBe("10.244.0.2");
        endpoint.Port.ShouldBe(8080);
        endpoint.Labels["version"].ShouldBe("v1");
        endpoint.ServiceAccount.ShouldBe("spiffe://cluster.local/ns/default/sa/web");
        endpoint.TlsMode.ShouldBe("istio");
    }

    [Fact]
    public void SameObjectAgain_ChangesNothing()
    {
        _state.Upsert(Pod("web-1", "10.244.0.2"));
        _state.Upsert(Slice("10.244.0.2", "web-1"));
        _state.HasChanges.ShouldBeFalse();
    }

    [Fact]
    public void ChangedSlice_TouchesEndpointsOfItsServiceAlone()
    {
        var index = _state.Build().Snapshot.Index;
        _state.Upsert(Slice("10.244.0.3", ""));
        _state.Upsert(Slice("10.244.0.2", "web-1"));
        _state.Upsert(Slice("10.244.0.2", "web-1", ready: false));
        _state.DeleteSlice(new ObjectKey("default", "web-x"));
        var update = _state.Build();
        update.Endpoints.ShouldBe([Web]);
        update.Snapshot.EndpointsOf(Web).Endpoints.ShouldBeEmpty();
        index.ShouldNotBeNull();
    }

    [Fact]
    public void PodReadiness_IsToldByTheSlice_AndCostsNothingByItself()
    {
        _state.Upsert(Pod("web-1", "10.244.0.2") with { Ready = true });
        _state.HasChanges.ShouldBeFalse();
    }

    [Fact]
    public void WrongVersion_KeepsTheLastGoodOneInForce()
    {
        var meta = new ConfigMeta { Kind = "VirtualService", Name = "vs", Namespace = "default", Generation = 1 };
        var good = new VirtualServiceConfig { Meta = meta };
        _state.Upsert(meta, good, []);
        _state.Build().Snapshot.Index.Inputs.Configs.ShouldBe([good]);

        var problem = ConfigProblem.Error("IST0106", "wrong", new ConfigLocation(null, "spec.http"));
        _state.Upsert(meta with { Generation = 2 }, null, [problem]);
        _state.Build().Snapshot.Index.Inputs.Configs.ShouldBe([good]);
        _state.Resources.Single().IsQuarantined.ShouldBeTrue();

        _state.DeleteResource(new ResourceName("VirtualService", "default", "vs"));
        _state.Build().Snapshot.Index.Inputs.Configs.ShouldBeEmpty();
    }

    private static Lateen.Model.Workloads.Workload Pod(string name, string address) => PodDecoder.Read(
        Json($$"""
            {"metadata":{"name":"{{name}}","namespace":"default","labels":{"app":"web","version":"v1","security.istio.io/tlsMode":"istio"} },
             "spec":{"serviceAccountName":"web"},"status":{"phase":"Running","podIP":"{{address}}"} }
            """),
        "Kubernetes");

    private static EndpointSlice Slice(string address, string pod, bool ready = true) => EndpointSliceDecoder.Read(Json($$"""
        {"metadata":{"name":"web-x","namespace":"default","labels":{"kubernetes.io/service-name":"web"} },
         "ports":[{"name":"http","port":8080}],
         "endpoints":[{"addresses":["{{address}}"],"conditions":{"ready":{{(ready ? "true" : "false")}} },"targetRef":{"kind":"Pod","name":"{{pod}}"} }]}
        """));

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;
}
