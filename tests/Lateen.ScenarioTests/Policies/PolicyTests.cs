using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Policies;

/// <summary>Who may call whom, through two sidecars.</summary>
[Collection<PolicyMesh>]
public sealed class PolicyTests(PolicyMesh mesh)
{
    private const string Denied = "RBAC: access denied\n403";

    private const string Strict =
        """
        apiVersion: security.istio.io/v1beta1
        kind: PeerAuthentication
        metadata: {name: default}
        spec: {mtls: {mode: STRICT}}
        """;

    private const string DenyBob =
        """
        apiVersion: security.istio.io/v1beta1
        kind: AuthorizationPolicy
        metadata: {name: no-bob}
        spec:
          selector: {matchLabels: {app: echo}}
          action: DENY
          rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/bob]}}]}]
        """;

    private const string AllowAlice =
        """
        apiVersion: security.istio.io/v1beta1
        kind: AuthorizationPolicy
        metadata: {name: only-alice}
        spec:
          selector: {matchLabels: {app: echo}}
          action: ALLOW
          rules:
          - from: [{source: {principals: [cluster.local/ns/shop/sa/alice]}}]
            to: [{operation: {methods: [GET], paths: ["/open*"]}}]
        """;

    [Fact]
    public async Task PeerAuthentication_Strict_LetsOnlySidecarsIn()
    {
        SandboxMesh.SkipUnlessPossible();
        (await mesh.AskFromOutsideAsync()).ShouldEndWith("\n200", Case.Sensitive, "PERMISSIVE takes plain requests");
        await mesh.WithAsync(Strict, async () =>
        {
            await Eventually.BecomesAsync(() => mesh.AskFromOutsideAsync(), a => a.EndsWith("\n000", StringComparison.Ordinal), "a plain request that is not answered");
            (await mesh.AskAsync(mesh.Alice)).ShouldEndWith("\n200");
        });
        await Eventually.BecomesAsync(() => mesh.AskFromOutsideAsync(), a => a.EndsWith("\n200", StringComparison.Ordinal), "plain requests being taken again");
    }

    [Fact]
    public async Task AuthorizationPolicy_DenyByPrincipal_StopsThatCallerAlone()
    {
        SandboxMesh.SkipUnlessPossible();
        (await mesh.AskAsync(mesh.Bob)).ShouldEndWith("\n200");
        await mesh.WithAsync(DenyBob, async () =>
        {
            await Eventually.BecomesAsync(() => mesh.AskAsync(mesh.Bob), a => a == Denied, "a denied request of bob's");
            (await mesh.AskAsync(mesh.Bob, path: "/no/such/page")).ShouldBe(Denied);
            (await mesh.AskAsync(mesh.Alice)).ShouldEndWith("\n200");
            (await mesh.AskFromOutsideAsync()).ShouldEndWith("\n200");
        });
        await Eventually.BecomesAsync(() => mesh.AskAsync(mesh.Bob), a => a.EndsWith("\n200", StringComparison.Ordinal), "bob being let in again");
    }

    [Fact]
    public async Task AuthorizationPolicy_AllowByPrincipalAndPath_StopsEverybodyAndEverythingElse()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.WithAsync(AllowAlice, async () =>
        {
            await Eventually.BecomesAsync(() => mesh.AskAsync(mesh.Bob, path: "/open"), a => a == Denied, "a denied request of bob's");
            (await mesh.AskAsync(mesh.Alice, path: "/open/door?x=1")).ShouldEndWith("\n200");
            (await mesh.AskAsync(mesh.Alice, path: "/closed")).ShouldBe(Denied);
            (await mesh.AskAsync(mesh.Alice, "-X POST -d a=b", "/open")).ShouldBe(Denied);
            (await mesh.AskFromOutsideAsync(path: "/open")).ShouldBe(Denied);
        });
        await Eventually.BecomesAsync(() => mesh.AskAsync(mesh.Bob), a => a.EndsWith("\n200", StringComparison.Ordinal), "bob being let in again");
    }

    [Fact]
    public async Task Denial_IsExplainedInTheLogOfTheServersSidecar()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.WithAsync(DenyBob, async () =>
        {
            await Eventually.BecomesAsync(() => mesh.AskAsync(mesh.Bob, path: "/logged"), a => a == Denied, "a denied request of bob's");
            await Eventually.BecomesAsync(
                () => mesh.LogAsync(PolicyMesh.Namespace, mesh.Echo, "istio-proxy"),
                log => log.Any(l => l.Contains("\"GET /logged HTTP/1.1\" 403 - rbac_access_denied_matched_policy[ns[shop]-policy[no-bob]-rule[0]]", StringComparison.Ordinal)),
                "a line of the access log that names the policy");
        });
    }
}
