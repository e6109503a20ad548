using System.Text;
using System.Text.Json.Nodes;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

public class DiscoveryHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private const string Reviews = """
        apiVersion: v1
        kind: Service
        metadata: {name: reviews, namespace: default}
        spec: {selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 8080}]}
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: VirtualService
        metadata: {name: good, namespace: default}
        spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]}
        """;

    [Fact]
    public async Task Start_MakesTheAuthorityAndGivesEveryNamespaceItsRoot()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        var secret = await bed.Client.GetAsync(ResourceTypes.Secrets, "istio-system", "istio-ca-secret", Cancellation);
        var root = Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", "ca-cert.pem")));
        root.ShouldStartWith("-----BEGIN CERTIFICATE-----");

        await bed.ApplyAsync("{apiVersion: v1, kind: Namespace, metadata: {name: canary}}", Cancellation);
        foreach (var ns in new[] { "istio-system", "default", "canary" })
        {
            JsonObject? published = null;
            await ControlPlaneBed.UntilAsync(
                async () => (published = await bed.Client.FindAsync(ResourceTypes.ConfigMaps, ns, "istio-ca-root-cert", Cancellation)) is not null,
                () => $"no ConfigMap in {ns}",
                Cancellation);
            published.Text("data", "root-cert.pem").ShouldBe(root);
        }
    }

    [Fact]
    public async Task WebhookConfigurations_ThatCallUs_GetOurRoot_OthersAreLeftAlone()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: both, labels: {istio.io/rev: default}}
            webhooks:
              - name: theirs.example.com
                clientConfig: {service: {name: theirs, namespace: default, path: /validate}}
                rules: [{operations: [CREATE], apiGroups: [example.com], apiVersions: ["*"], resources: ["*"]}]
                failurePolicy: Ignore
                sideEffects: None
                admissionReviewVersions: [v1]
              - name: rev.validation.istio.io
                clientConfig: {service: {name: istiod, namespace: istio-system, path: /validate}}
                rules: [{operations: [CREATE], apiGroups: [example.com], apiVersions: ["*"], resources: ["*"]}]
                failurePolicy: Ignore
                sideEffects: None
                admissionReviewVersions: [v1]
            """,
            Cancellation);
        JsonObject? stored = null;
        await ControlPlaneBed.UntilAsync(
            async () => (stored = await bed.Client.GetAsync(ResourceTypes.ValidatingWebhookConfigurations, null, "both", Cancellation))
                .Items("webhooks").Last().Text("clientConfig", "caBundle").Length > 0,
            () => stored!.ToJsonString(),
            Cancellation);
        stored.Items("webhooks").Last().Text("failurePolicy").ShouldBe("Fail");
        stored.Items("webhooks").First().Text("clientConfig", "caBundle").ShouldBeEmpty();
        stored.Items("webhooks").First().Text("failurePolicy").ShouldBe("Ignore");
    }

    [Fact]
    public async Task WrongResource_IsQuarantinedAloneWithItsFieldPath_TheOthersServe()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: VirtualService
            metadata: {name: bad, namespace: default}
            spec: {hosts: [ratings], http: [{rout: []}]}
            """,
            Cancellation);

        var bad = await ConditionAsync(bed, "bad");
        bad.Text("status").ShouldBe("False");
        bad.Text("message").ShouldContain("spec.http[0].rout: unknown field: did you mean route?");
        var good = await ConditionAsync(bed, "good");
        good.Text("status").ShouldBe("True");
        var page = await bed.PageAsync("/debug/configz", Cancellation);
        page.ShouldContain("\"good\"");
        page.ShouldNotContain("\"bad\"");
        (await bed.PageAsync("/debug/registryz", Cancellation)).ShouldContain("reviews.default.svc.cluster.local");
    }

    [Fact]
    public async Task LastGoodVersion_StaysInForceWhileTheNewestIsWrong()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        (await ConditionAsync(bed, "good")).Text("status").ShouldBe("True");
        await bed.Client.PatchAsync(
            ResourceTypes.VirtualServices,
            new ObjectKey("default", "good"),
            PatchKind.Merge,
            JsonNode.Parse("""{"spec":{"hosts":["not a host"]}}""")!,
            Cancellation);
        JsonObject? condition = null;
        await ControlPlaneBed.UntilAsync(
            async () => (condition = await ConditionAsync(bed, "good")).Text("status") == "False",
            () => condition!.ToJsonString(),
            Cancellation);
        condition.Text("message").ShouldContain("spec.hosts[0]");
        (await bed.PageAsync("/debug/configz", Cancellation)).ShouldContain("\"good\"");
    }

    [Fact]
    public async Task Validate_RefusesWrongFields_AndWarnsOfUnknownReferences()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.PageAsync("/debug/registryz", Cancellation)).Contains("reviews", StringComparison.Ordinal),
            () => "reviews not known",
            Cancellation);

        var refused = await ReviewAsync(bed, """{"hosts":["reviews"],"http":[{"route":[{"destination":{"host":"reviews"},"weight":-1}]}]}""");
        refused.Flag("response", "allowed").ShouldBeFalse();
        refused.Text("response", "status", "message").ShouldContain("spec.http[0].route[0].weight");

        var warned = await ReviewAsync(bed, """{"hosts":["reviews"],"http":[{"route":[{"destination":{"host":"reviews","subset":"v9"}}]},{"route":[{"destination":{"host":"nobody"}}]}]}""");
        warned.Flag("response", "allowed").ShouldBeTrue();
        var warnings = warned.Texts("response", "warnings").ToList();
        warnings.Count.ShouldBe(1, "the rule with subset v9 may come next: the host has no DestinationRule yet");
        warnings[0].ShouldContain("spec.http[1].route[0].destination.host: host nobody.default.svc.cluster.local");
    }

    [Fact]
    public async Task Proxy_GetsItsClusters_AndAChangedVirtualServiceReachesIt()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await bed.PageAsync("/debug/configz", Cancellation)).Contains("\"good\"", StringComparison.Ordinal), () => "not read yet", Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.244.0.9~toolbox.default~default.svc.cluster.local");
        var clusters = await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        clusters.Keys.ShouldContain("outbound|80||reviews.default.svc.cluster.local");
        clusters.Keys.ShouldContain("PassthroughCluster");
        var listeners = await proxy.AskAsync(TypeUrls.Listener, [], Cancellation);
        listeners.Keys.ShouldContain("virtualOutbound");
        var before = await proxy.AskAsync(TypeUrls.RouteConfiguration, ["80"], Cancellation);

        await bed.Client.PatchAsync(
            ResourceTypes.VirtualServices,
            new ObjectKey("default", "good"),
            PatchKind.Merge,
            JsonNode.Parse("""{"spec":{"http":[{"match":[{"headers":{"user":{"exact":"jason"}}}],"route":[{"destination":{"host":"reviews"}}]}]}}""")!,
            Cancellation);
        var after = await proxy.NextAsync(TypeUrls.RouteConfiguration, Cancellation);
        after["80"].ShouldNotBe(before["80"]);
        after["80"].ToStringUtf8().ShouldContain("jason");
        (await bed.PageAsync("/debug/syncz", Cancellation)).ShouldContain("\"proxy\": \"toolbox.default\"");
    }

    [Fact]
    public async Task ApiServer_CallsTheValidationOverTls_AndRefusesWithTheFieldPath()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.CallValidationAsync(Cancellation);
        var refusal = await Should.ThrowAsync<KubernetesApiException>(() => bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: VirtualService
            metadata: {name: bad, namespace: default}
            spec: {hosts: [ratings], http: [{rout: []}]}
            """,
            Cancellation));
        refusal.Message.ShouldContain("VirtualService default/bad is not valid: spec.http[0]");
        refusal.Message.ShouldContain("spec.http[0].rout: unknown field: did you mean route?");
        await bed.ApplyAsync(Reviews, Cancellation);
    }

    [Fact]
    public async Task SecurePort_ShowsACertificateOfThePublishedRoot()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        using var proxy = new TestProxy(
            bed.AddressOf(ServerPort.SecureXds),
            "sidecar~10.244.0.9~toolbox.default~default.svc.cluster.local",
            await bed.RootAsync(Cancellation),
            await bed.TokenAsync("default", "toolbox", "istio-ca", Cancellation));
        (await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation)).Keys.ShouldContain("outbound|80||reviews.default.svc.cluster.local");
    }

    [Fact]
    public async Task RestartedControlPlane_KeepsItsRoot_AndServesWhatItServedBefore()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        var before = await bed.Client.GetAsync(ResourceTypes.Secrets, "istio-system", "istio-ca-secret", Cancellation);

        await bed.RestartControlPlaneAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.244.0.9~toolbox.default~default.svc.cluster.local");
        (await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation)).Keys.ShouldContain("outbound|80||reviews.default.svc.cluster.local");
        var after = await bed.Client.GetAsync(ResourceTypes.Secrets, "istio-system", "istio-ca-secret", Cancellation);
        after.Text("data", "ca-cert.pem").ShouldBe(before.Text("data", "ca-cert.pem"));
    }

    [Fact]
    public async Task ChangedEndpoints_TouchEdsAlone()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Reviews, Cancellation);
        await bed.ApplyAsync(Slice("10.244.0.20"), Cancellation);
        const string Cluster = "outbound|80||reviews.default.svc.cluster.local";
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.244.0.9~toolbox.default~default.svc.cluster.local");
        await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation);
        await proxy.AskAsync(TypeUrls.Listener, [], Cancellation);
        var before = await proxy.AskAsync(TypeUrls.ClusterLoadAssignment, [Cluster], Cancellation);
        while (!before[Cluster].ToStringUtf8().Contains("10.244.0.20", StringComparison.Ordinal))
        {
            before = await proxy.NextAsync(TypeUrls.ClusterLoadAssignment, Cancellation);
        }

        var responses = proxy.Responses;
        await bed.Client.PatchAsync(
            ResourceTypes.EndpointSlices,
            new ObjectKey("default", "reviews-1"),
            PatchKind.Merge,
            JsonNode.Parse("""{"endpoints":[{"addresses":["10.244.0.21"]}]}""")!,
            Cancellation);
        var after = await proxy.NextAsync(TypeUrls.ClusterLoadAssignment, Cancellation);
        after[Cluster].ToStringUtf8().ShouldContain("10.244.0.21");
        proxy.Responses.ShouldBe(responses + 1);
    }

    private static string Slice(string address) => $$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: reviews-1
          namespace: default
          labels: {kubernetes.io/service-name: reviews}
        addressType: IPv4
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints:
          - addresses: ["{{address}}"]
        """;

    private static async Task<JsonObject> ReviewAsync(ControlPlaneBed bed, string spec)
    {
        // The certificate is our own CA's; the chain is tested where the API server calls us.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        var review = new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["request"] = new JsonObject
            {
                ["uid"] = "u1",
                ["operation"] = "CREATE",
                ["namespace"] = "default",
                ["object"] = new JsonObject
                {
                    ["apiVersion"] = "networking.istio.io/v1",
                    ["kind"] = "VirtualService",
                    ["metadata"] = new JsonObject { ["name"] = "x" },
                    ["spec"] = JsonNode.Parse(spec),
                },
            },
        };
        using var content = new StringContent(review.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri($"https://{bed.AddressOf(ServerPort.Webhooks)}/validate"), content, Cancellation);
        return (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
    }

    private static async Task<JsonObject> ConditionAsync(ControlPlaneBed bed, string name)
    {
        JsonObject? condition = null;
        await ControlPlaneBed.UntilAsync(
            async () => (condition = (await bed.Client.GetAsync(ResourceTypes.VirtualServices, "default", name, Cancellation))
                .Items("status", "conditions").FirstOrDefault()) is not null,
            () => $"{name} has no condition",
            Cancellation);
        return condition!;
    }
}
