using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Policies;

/// <summary>Action CUSTOM: a service of the user's own says who may pass, asked by the server's sidecar.</summary>
[Collection<PolicyMesh>]
public sealed class CustomActionTests(PolicyMesh mesh)
{
    private const string Namespace = "guards";

    private const string Providers =
        """
        - name: guard
          envoyExtAuthzHttp:
            service: guard.guards.svc.cluster.local
            port: 9000
            includeRequestHeadersInCheck: [x-token]
            headersToUpstreamOnAllow: [x-checked-by]
        """;

    private const string Guarded =
        """
        apiVersion: security.istio.io/v1beta1
        kind: AuthorizationPolicy
        metadata: {name: ask-the-guard}
        spec:
          selector: {matchLabels: {app: echo}}
          action: CUSTOM
          provider: {name: guard}
          rules: [{to: [{operation: {paths: ["/guarded*"]}}]}]
        """;

    [Fact]
    public async Task Provider_IsAskedForTheGuardedPathsAlone_AndItsWordHolds()
    {
        SandboxMesh.SkipUnlessPossible();
        (await mesh.KubectlAsync(["create", "namespace", Namespace])).MustSucceed();
        await mesh.ApplyAsync(Namespace, SandboxMesh.Sample("policy/guard.yaml"), "guard");

        await mesh.WithProvidersAsync(Providers, () => mesh.WithAsync(Guarded, async () =>
        {
            await Eventually.BecomesAsync(
                () => mesh.AskAsync(mesh.Alice, path: "/guarded/gold"), a => a == "guard: no way to /guarded/gold\n403", "the guard's refusal");
            string allowed = await mesh.AskAsync(mesh.Alice, "-H 'x-token: open'", "/guarded/gold");
            allowed.ShouldEndWith("\n200");
            allowed.ShouldContain("x-checked-by: guard", Case.Insensitive, "the application is told what headersToUpstreamOnAllow names");
            string open = await mesh.AskAsync(mesh.Alice);
            open.ShouldEndWith("\n200");
            open.ShouldNotContain("x-checked-by", Case.Insensitive);
            (await mesh.AskFromOutsideAsync(path: "/guarded")).ShouldBe("guard: no way to /guarded\n403");

            // failOpen is false where nobody says otherwise: without the guard nobody passes.
            (await mesh.KubectlAsync(["scale", "-n", Namespace, "deployment/guard", "--replicas=0"])).MustSucceed();
            await Eventually.BecomesAsync(
                () => mesh.AskAsync(mesh.Alice, "-H 'x-token: open'", "/guarded/gold"), a => a.EndsWith("403", StringComparison.Ordinal), "nobody passing without the guard");
            (await mesh.AskAsync(mesh.Alice)).ShouldEndWith("\n200");
        }));
        await Eventually.BecomesAsync(
            () => mesh.AskAsync(mesh.Alice, path: "/guarded"), a => a.EndsWith("\n200", StringComparison.Ordinal), "the path being open again");
    }
}
