using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>A real API server calls the webhooks of lateend by the configurations that deploy/ ships.</summary>
public sealed class AdmissionTests(RealCluster cluster) : IClassFixture<RealCluster>
{
    [Fact]
    public async Task Webhooks_AsShipped_AreCalledByTheApiServer()
    {
        RealCluster.SkipUnlessPossible();
        await cluster.DeployWebhooksAsync();
        await using ControlPlaneProcess lateend = await ControlPlaneProcess.StartReadyAsync(cluster, "istiod-webhooks", await cluster.ServiceAddressAsync());
        await cluster.ApplyAsync(
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: injected, labels: {istio-injection: enabled}}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: default, namespace: injected}
            automountServiceAccountToken: false
            """);

        // A pod gets its sidecar; asked until it does, for the API server takes a moment to see a new configuration.
        await Eventually.BecomesAsync(
            async () => await cluster.KubectlAsync(["run", "web", "-n", "injected", "--image=nginx", "--dry-run=server", "-o", "jsonpath={.spec.containers[*].name} {.spec.initContainers[*].name}"]),
            outcome => outcome.Output.Contains("istio-proxy", StringComparison.Ordinal) && outcome.Output.Contains("istio-init", StringComparison.Ordinal),
            "the pod being injected");
        (await cluster.KubectlAsync(["run", "web", "-n", "injected", "--image=nginx"])).MustSucceed();
        (await cluster.KubectlAsync(["get", "pod", "-n", "injected", "web", "-o", "jsonpath={.metadata.annotations.sidecar\\.istio\\.io/status}"])).MustSucceed()
            .Output.ShouldContain("istio-proxy");
        (await cluster.KubectlAsync(["run", "plain", "-n", "injected", "--image=nginx", "--labels=sidecar.istio.io/inject=false", "-o", "jsonpath={.spec.containers[*].name}"]))
            .MustSucceed().Output.ShouldBe("plain");

        // A mistake is refused with the field's path, and nothing is stored.
        ProcessOutcome refused = await Eventually.BecomesAsync(
            () => cluster.KubectlAsync(["apply", "-f", "-"], "{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {name: typo, namespace: injected}, spec: {hosts: [web], http: [{rout: []}]}}"),
            outcome => outcome.ExitCode != 0,
            "the mistake being refused");
        refused.Error.ShouldContain("admission webhook \"rev.validation.istio.io\" denied the request: VirtualService injected/typo is not valid: ");
        refused.Error.ShouldContain("spec.http[0].rout");
        (await cluster.KubectlAsync(["get", "virtualservice", "-n", "injected", "typo"])).ExitCode.ShouldNotBe(0);

        // A doubtful reference only warns; kubectl prints it.
        ProcessOutcome warned = (await cluster.KubectlAsync(
            ["apply", "-f", "-"],
            "{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {name: nowhere, namespace: injected}, spec: {hosts: [a.example.com], http: [{route: [{destination: {host: nowhere}}]}]}}")).MustSucceed();
        warned.Error.ShouldContain("Warning:");
        warned.Error.ShouldContain("spec.http[0].route[0].destination.host");

        // From now on a validation that can not be asked fails: the shipped Ignore is only for the time before.
        (await cluster.Client.GetAsync(ResourceTypes.ValidatingWebhookConfigurations, null, "istio-validator-istio-system", TestContext.Current.CancellationToken))
            .Items("webhooks").ShouldAllBe(webhook => PolicyOf(webhook) == "Fail");
    }

    private static string PolicyOf(JsonObject webhook) => webhook.Text("failurePolicy");
}
