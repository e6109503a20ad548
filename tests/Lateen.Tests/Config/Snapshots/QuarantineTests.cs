using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Snapshots;

/// <summary>One bad object among a thousand is kept out alone, and says where it is wrong.</summary>
public sealed class QuarantineTests
{
    [Theory]
    [InlineData("networking.istio.io/v1beta1", "VirtualService", "{hosts: [a], http: [{route: [{destination: {}}]}]}", "spec.http[0].route[0].destination.host")]
    [InlineData("networking.istio.io/v1beta1", "DestinationRule", "{subsets: [{name: v1}]}", "spec.host")]
    [InlineData("networking.istio.io/v1beta1", "Gateway", "{servers: [{port: {number: 99999, name: x, protocol: HTTP}, hosts: ['*']}]}", "spec.servers[0].port.number")]
    [InlineData("networking.istio.io/v1beta1", "ServiceEntry", "{hosts: [], ports: [{number: 80, name: x, protocol: HTTP}]}", "spec.hosts")]
    [InlineData("networking.istio.io/v1beta1", "Sidecar", "{egress: [{hosts: [nonsense]}]}", "spec.egress[0].hosts")]
    [InlineData("networking.istio.io/v1beta1", "WorkloadEntry", "{labels: {a: b}}", "spec.address")]
    [InlineData("networking.istio.io/v1alpha3", "EnvoyFilter", "{configPatches: [{applyTo: NOWHERE}]}", "spec.configPatches[0].applyTo")]
    [InlineData("networking.istio.io/v1beta1", "ProxyConfig", "{concurrency: -3}", "spec.concurrency")]
    [InlineData("security.istio.io/v1beta1", "PeerAuthentication", "{mtls: {mode: SOMETIMES}}", "spec.mtls.mode")]
    [InlineData("security.istio.io/v1beta1", "RequestAuthentication", "{jwtRules: [{issuer: ''}]}", "spec.jwtRules[0].issuer")]
    [InlineData("security.istio.io/v1beta1", "AuthorizationPolicy", "{action: MAYBE}", "spec.action")]
    [InlineData("telemetry.istio.io/v1alpha1", "Telemetry", "{tracing: [{randomSamplingPercentage: 200}]}", "spec.tracing[0].randomSamplingPercentage")]
    [InlineData("extensions.istio.io/v1alpha1", "WasmPlugin", "{url: ''}", "spec.url")]
    public void ThousandResources_OneOfThemBad_OthersAreInForceAndItNamesTheField(string apiVersion, string kind, string spec, string path)
    {
        var state = new MeshState("cluster.local", "Kubernetes", ControlPlaneSettings.Default);
        for (var i = 0; i < 999; i++)
        {
            Upsert(state, "networking.istio.io/v1beta1", "VirtualService", $"good-{i}", $"{{hosts: [h{i}.example.com], http: [{{route: [{{destination: {{host: web}}}}]}}]}}");
        }

        Upsert(state, apiVersion, kind, "bad", spec);

        var inForce = state.Build().Snapshot.Index.Inputs.Configs;
        inForce.Count.ShouldBe(999);
        inForce.ShouldAllBe(config => config.Meta.Name != "bad");
        var bad = state.Resources.Single(resource => resource.Meta.Name == "bad");
        bad.IsQuarantined.ShouldBeTrue();
        bad.Problems.ShouldContain(problem => problem.Describe().Contains(path), string.Join('\n', bad.Problems.Select(problem => problem.Describe())));
    }

    private static void Upsert(MeshState state, string apiVersion, string kind, string name, string spec)
    {
        var document = ConfigText.Read($"{{apiVersion: {apiVersion}, kind: {kind}, metadata: {{name: {name}, namespace: default}}, spec: {spec}}}", null, "default", []).Single();
        var value = (JsonObject)JsonTree.ToJson(document.Node)!;
        var decoded = IstioDecoder.Decode(JsonTree.From(value));
        state.Upsert(new ConfigMeta { Kind = kind, Name = name, Namespace = "default" }, decoded.Value, decoded.Problems);
    }
}
