using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model.Ingresses;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Snapshots;

/// <summary>Ingresses come and go like Istio's own resources.</summary>
public sealed class IngressObjectsTests
{
    private readonly MeshState _state = new("cluster.local", "Kubernetes", ControlPlaneSettings.Default);

    [Fact]
    public void Ingress_IsServedFromItsClassOnAndUntilItIsGone()
    {
        _state.Ingresses.Upsert(Ingress("{number: 80}"));
        Configs().ShouldBeEmpty();

        _state.Ingresses.Upsert(new IngressClass("mesh", IngressSelection.Controller));
        Configs().ShouldBe(["Gateway", "VirtualService"]);

        _state.Ingresses.Delete(new ObjectKey("default", "shop"));
        Configs().ShouldBeEmpty();
    }

    [Fact]
    public void NamedPort_IsServedOnceTheServiceIsThere()
    {
        _state.Ingresses.Upsert(new IngressClass("mesh", IngressSelection.Controller));
        _state.Ingresses.Upsert(Ingress("{name: web}"));
        _state.Build().Snapshot.Index.Inputs.Configs.OfType<VirtualServiceConfig>().Single().Http.ShouldBeEmpty();
        _state.Ingresses.TakeProblems()!.Value.Single().FieldPath.ShouldBe("spec.rules[0].http.paths[0].backend.service.port");

        _state.Upsert(Service("web"));

        _state.Build().Snapshot.Index.Inputs.Configs.OfType<VirtualServiceConfig>().Single().Http.Single().Route[0].Destination.Port.ShouldBe(8080);
        _state.Ingresses.TakeProblems()!.Value.ShouldBeEmpty();
        _state.Ingresses.TakeProblems().ShouldBeNull();
    }

    [Fact]
    public void UnrelatedChange_KeepsTheSameResources()
    {
        _state.Ingresses.Upsert(new IngressClass("mesh", IngressSelection.Controller));
        _state.Ingresses.Upsert(Ingress("{number: 80}"));
        var before = _state.Build().Snapshot.Index.Configs.Of<VirtualServiceConfig>();

        _state.Upsert(Service("other"));

        _state.Build().Snapshot.Index.Configs.Of<VirtualServiceConfig>().IsSame(before).ShouldBeTrue();
    }

    private IEnumerable<string> Configs() => _state.Build().Snapshot.Index.Inputs.Configs.Select(config => config.Meta.Kind);

    private static Lateen.Model.Services.Service Service(string portName) => ServiceDecoder.Read(
        (JsonObject)JsonNode.Parse($$$"""{"metadata":{"name":"web","namespace":"default"},"spec":{"ports":[{"name":"{{{portName}}}","port":8080}]}}""")!,
        "cluster.local",
        "Kubernetes");

    private static Ingress Ingress(string port) => IngressDecoder.Read((JsonObject)Lateen.Config.Decoding.JsonTree.ToJson(
        Lateen.Config.Decoding.YamlTree.Read(
            $$$"""
            metadata: {name: shop, namespace: default}
            spec:
              ingressClassName: mesh
              rules:
              - host: a.example.com
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {{{port}}} } } }]}
            """,
            null,
            []).Single())!);
}
