using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>Against a real API server, as the service account and with the role that deploy/ ships: every kind is listed and watched, and status is written.</summary>
public sealed class KindTests(RealCluster cluster) : IClassFixture<RealCluster>
{
    private const string Namespace = "kinds";

    private static readonly Dictionary<string, string> Specs = new()
    {
        ["networking.istio.io/v1beta1 VirtualService"] = "{hosts: [web], http: [{route: [{destination: {host: web}}]}]}",
        ["networking.istio.io/v1beta1 DestinationRule"] = "{host: web, trafficPolicy: {loadBalancer: {simple: RANDOM}}}",
        ["networking.istio.io/v1alpha3 Gateway"] = "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example.com]}]}",
        ["networking.istio.io/v1beta1 ServiceEntry"] = "{hosts: [outside.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC, endpoints: [{address: 192.0.2.1}]}",
        ["networking.istio.io/v1 Sidecar"] = "{egress: [{hosts: [./*]}]}",
        ["networking.istio.io/v1alpha3 WorkloadEntry"] = "{address: 192.0.2.2, labels: {app: old}}",
        ["networking.istio.io/v1beta1 WorkloadGroup"] = "{template: {serviceAccount: default}}",
        ["networking.istio.io/v1alpha3 EnvoyFilter"] =
            "{configPatches: [{applyTo: CLUSTER, match: {context: SIDECAR_OUTBOUND, cluster: {name: none}}, patch: {operation: MERGE, value: {connect_timeout: 1s}}}]}",
        ["networking.istio.io/v1beta1 ProxyConfig"] = "{concurrency: 1}",
        ["security.istio.io/v1beta1 PeerAuthentication"] = "{mtls: {mode: PERMISSIVE}}",
        ["security.istio.io/v1 RequestAuthentication"] = "{selector: {matchLabels: {app: web}}}",
        ["security.istio.io/v1beta1 AuthorizationPolicy"] = "{selector: {matchLabels: {app: web}}, action: ALLOW, rules: [{}]}",
        ["telemetry.istio.io/v1alpha1 Telemetry"] = "{selector: {matchLabels: {app: web}}, accessLogging: [{disabled: true}]}",
        ["extensions.istio.io/v1alpha1 WasmPlugin"] = "{selector: {matchLabels: {app: web}}, url: file:///none.wasm}",
    };

    private static string[] Names => [.. Specs.Keys.Select(key => $"{key.Split(' ')[1]} {Namespace}/all")];

    [Fact]
    public async Task EveryKind_AsTheShippedServiceAccount_IsListedWatchedAndHasItsStatus()
    {
        RealCluster.SkipUnlessPossible();
        await cluster.ApplyAsync($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {Namespace}}}}}");
        await cluster.ApplyAsync(Service("web", "192.0.2.10"));
        await cluster.ApplyAsync(Objects("all"));
        await using ControlPlaneProcess lateend = await ControlPlaneProcess.StartReadyAsync(cluster, "istiod-kinds");

        // What was there before it started came by lists, also of the older version that this API server has of EndpointSlice.
        IReadOnlySet<string> listed = await lateend.InForceAsync();
        Names.ShouldBeSubsetOf(listed);
        listed.ShouldContain("web.kinds.svc.cluster.local");
        (await EndpointsAsync(lateend, "web")).ShouldBe("192.0.2.10:8080 on node-a");

        // Status comes back by the status subresource, which must leave the rest alone.
        foreach (string key in Specs.Keys)
        {
            await Eventually.BecomesAsync(() => ConditionAsync(key, "all"), condition => condition.StartsWith("Reconciled=", StringComparison.Ordinal), $"the status of {key}");
        }

        // What happens from now on comes by watches.
        await cluster.ApplyAsync(Service("late", "192.0.2.11"));
        await cluster.ApplyAsync(Objects("second"));
        await lateend.UntilInForceAsync([.. Names.Select(name => name.Replace("/all", "/second", StringComparison.Ordinal)), "late.kinds.svc.cluster.local"]);
        await cluster.ApplyAsync(Service("web", "192.0.2.12"));
        await Eventually.BecomesAsync(() => EndpointsAsync(lateend, "web"), endpoints => endpoints.StartsWith("192.0.2.12:8080", StringComparison.Ordinal), "the new endpoint");
        (await cluster.KubectlAsync(["delete", "-n", Namespace, "-f", "-"], Objects("all") + "\n---\n" + Service("late", "192.0.2.11"))).MustSucceed();
        await lateend.UntilGoneAsync([.. Names, "late.kinds.svc.cluster.local"]);

        lateend.Log.ShouldNotContain("forbidden", Case.Insensitive, "the shipped role is enough");
        lateend.Log.ShouldNotContain("\terror\t");
    }

    [Fact]
    public async Task EveryShippedManifest_IsAcceptedByTheApiServer()
    {
        RealCluster.SkipUnlessPossible();
        (await cluster.KubectlAsync(["apply", "--dry-run=server", "--recursive", "-f", RealCluster.Shipped("")])).MustSucceed();
    }

    private static string Objects(string name) => string.Join(
        "\n---\n",
        Specs.Select(spec => $"{{apiVersion: {spec.Key.Split(' ')[0]}, kind: {spec.Key.Split(' ')[1]}, metadata: {{name: {name}, namespace: {Namespace}}}, spec: {spec.Value}}}"));

    private static string Service(string name, string address) =>
        $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, namespace: {{Namespace}} }
        spec: {ports: [{name: http, port: 80, targetPort: 8080}]}
        ---
        apiVersion: discovery.k8s.io/v1beta1
        kind: EndpointSlice
        metadata: {name: {{name}}-1, namespace: {{Namespace}}, labels: {kubernetes.io/service-name: {{name}} } }
        addressType: IPv4
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints: [{addresses: [{{address}}], conditions: {ready: true}, topology: {kubernetes.io/hostname: node-a} }]
        """;

    private static async Task<string> EndpointsAsync(ControlPlaneProcess lateend, string service) => string.Join(
        ", ",
        (await lateend.PageAsync("/debug/endpointz")).Where(entry => entry.Text("svc") == $"{service}.{Namespace}.svc.cluster.local:http")
            .SelectMany(entry => entry.Items("ep"))
            .Select(instance => instance["endpoint"])
            .Select(endpoint => $"{endpoint.Text("Address")}:{endpoint.Number("EndpointPort")} on {endpoint.Text("NodeName")}"));

    private async Task<string> ConditionAsync(string key, string name)
    {
        string kind = key.Split(' ')[1], group = key.Split('/')[0];
        string condition = "{range .status.conditions[*]}{.type}={.status} {.reason} {.message}{end}";
        return (await cluster.KubectlAsync(["get", $"{kind}.{group}", "-n", Namespace, name, "-o", $"jsonpath={condition}"])).MustSucceed().Output;
    }
}
