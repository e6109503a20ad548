using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Envoy.Config.Route.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>999 good objects and one bad: the good ones reach proxies, the bad one says itself what is wrong with it.</summary>
public sealed class BadObjectTests
{
    private const int Good = 999;

    /// <summary>Of each kind one that its CRD lets through and that can not be honoured, and the field that is wrong.</summary>
    private static readonly (ResourceType Type, string Spec, string Path)[] Bad =
    [
        (ResourceTypes.VirtualServices, "{hosts: [a], http: [{route: [{destination: {host: a}, weight: -1}]}]}", "spec.http[0].route[0].weight"),
        (ResourceTypes.DestinationRules, "{host: a, trafficPolicy: {outlierDetection: {maxEjectionPercent: 500}}}", "spec.trafficPolicy.outlierDetection.maxEjectionPercent"),
        (ResourceTypes.Gateways, "{servers: [{port: {number: 99999, name: x, protocol: HTTP}, hosts: ['*']}]}", "spec.servers[0].port.number"),
        (ResourceTypes.ServiceEntries, "{hosts: [], ports: [{number: 80, name: x, protocol: HTTP}]}", "spec.hosts"),
        (ResourceTypes.Sidecars, "{egress: [{hosts: [nonsense]}]}", "spec.egress[0].hosts"),
        (ResourceTypes.WorkloadEntries, "{labels: {a: b}}", "spec.address"),
        (ResourceTypes.WorkloadGroups, "{template: {ports: {x: 99999}}}", "spec.template.ports"),
        (ResourceTypes.EnvoyFilters, "{configPatches: [{applyTo: HTTP_FILTER, match: {context: ANYWHERE}, patch: {operation: MERGE, value: {}}}]}", "spec.configPatches[0].match.context"),
        (ResourceTypes.ProxyConfigs, "{concurrency: -3}", "spec.concurrency"),
        (ResourceTypes.PeerAuthentications, "{portLevelMtls: {'8080': {mode: STRICT}}}", "spec"),
        (ResourceTypes.RequestAuthentications, "{jwtRules: [{issuer: ''}]}", "spec.jwtRules[0].issuer"),
        (ResourceTypes.AuthorizationPolicies, "{rules: [{from: [{source: {ipBlocks: [everywhere]}}]}]}", "spec.rules[0].from[0].source.ipBlocks"),
        (ResourceTypes.Telemetries, "{tracing: [{randomSamplingPercentage: 200}]}", "spec.tracing[0].randomSamplingPercentage"),
        (ResourceTypes.WasmPlugins, "{url: 'gopher://module'}", "spec.url"),
    ];

    [Fact]
    public async Task BadObject_OfEachKind_HasItsStatusWhileAllOthersAreInForce()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var bed = await ControlPlaneBed.StartAsync(cancellation);
        var text = new StringBuilder();
        for (var i = 0; i < Good; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {{name: good-{i}}}, spec: {{hosts: [h{i}.example.com], http: [{{route: [{{destination: {{host: h{i}.example.com}}}}]}}]}}}}\n---\n");
        }

        await bed.ApplyAsync(text.ToString(), cancellation);
        foreach (var (type, spec, path) in Bad)
        {
            await bed.ApplyAsync($"{{apiVersion: {type.Group}/{type.Version}, kind: {type.Kind}, metadata: {{name: bad}}, spec: {spec}}}", cancellation);

            var condition = await ConditionAsync(bed, type, cancellation);
            condition.Text("status").ShouldBe("False", type.Kind);
            condition.Text("reason").ShouldBe("Invalid", type.Kind);
            condition.Text("message").ShouldContain(path, customMessage: type.Kind);
            await AllAreServedAsync(bed, type.Kind, cancellation);
            await bed.Client.DeleteAsync(type, "default", "bad", cancellation);
        }
    }

    [Fact]
    public async Task WasmPlugin_ThatIsRight_SaysThatItIsNotInForce()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var bed = await ControlPlaneBed.StartAsync(cancellation);
        await bed.ApplyAsync("{apiVersion: extensions.istio.io/v1alpha1, kind: WasmPlugin, metadata: {name: bad}, spec: {url: 'oci://example.com/module'}}", cancellation);

        var condition = await ConditionAsync(bed, ResourceTypes.WasmPlugins, cancellation);
        (condition.Text("status"), condition.Text("reason")).ShouldBe(("False", "Unsupported"));
        condition.Text("message").ShouldContain("spec.url: the plugin is not in force: the mesh's proxies run no WebAssembly");
    }

    private static async Task<JsonNode> ConditionAsync(ControlPlaneBed bed, ResourceType type, CancellationToken cancellation)
    {
        JsonNode? condition = null;
        await ControlPlaneBed.UntilAsync(
            async () => (condition = (await bed.Client.GetAsync(type, "default", "bad", cancellation))["status"].Items("conditions").FirstOrDefault()) is not null,
            () => $"{type.Kind} without condition",
            cancellation);
        return condition!;
    }

    /// <summary>What a proxy that connects now is told of the 999 hosts.</summary>
    private static async Task AllAreServedAsync(ControlPlaneBed bed, string kind, CancellationToken cancellation)
    {
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.1.0.1~client.default~default.svc.cluster.local");
        var answer = await proxy.AskAsync(TypeUrls.RouteConfiguration, ["80"], cancellation);
        RouteConfiguration.Parser.ParseFrom(answer["80"]).VirtualHosts.Count(h => h.Name.EndsWith(".example.com:80", StringComparison.Ordinal)).ShouldBe(Good, kind);
    }
}
