using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>A role that lacks a kind: said by name, and what can be served without it is served.</summary>
public sealed class RoleTests(RealCluster cluster) : IClassFixture<RealCluster>
{
    private const string Role = "istiod-clusterrole-istio-system";

    [Fact]
    public async Task Role_WithoutIngresses_IsReadyAndSaysWhatToGrant()
    {
        RealCluster.SkipUnlessPossible();
        await WithoutAsync("ingresses", async () =>
        {
            await using ControlPlaneProcess lateend = await ControlPlaneProcess.StartReadyAsync(cluster, "istiod-no-ingresses");
            await lateend.UntilInForceAsync("istiod.istio-system.svc.cluster.local");
            lateend.Log.ShouldContain(
                "ingresses.networking.k8s.io: may not be listed, so all else is served without them. Grant get, list and watch on them in the ClusterRole of this service account.");
            await GrantAsync();
            await Eventually.BecomesAsync(
                () => Task.FromResult(lateend.Log), log => log.Contains("ingresses.networking.k8s.io: may be listed now", StringComparison.Ordinal), "the granted kind being listed");
        });
    }

    [Fact]
    public async Task Role_WithoutServices_IsNotReadyAndSaysWhy()
    {
        RealCluster.SkipUnlessPossible();
        await WithoutAsync("services", async () =>
        {
            await using ControlPlaneProcess lateend = ControlPlaneProcess.Start(cluster, await cluster.KubeconfigOfAsync("istio-system", "istiod"), "istiod-no-services");
            string readiness = await Eventually.BecomesAsync(
                lateend.ReadinessAsync, answer => answer.Contains("may not be listed", StringComparison.Ordinal), "the missing right being told");
            readiness.ShouldStartWith("the sources are not synced yet: services may not be listed: grant get, list and watch on them; the API server says: services is forbidden: "
                + "User \"system:serviceaccount:istio-system:istiod\" cannot list resource \"services\"");
            await GrantAsync();
            await lateend.UntilReadyAsync();
        });
    }

    private async Task WithoutAsync(string resource, Func<Task> check)
    {
        JsonObject role = await RoleAsync();
        foreach (JsonArray resources in role.Items("rules").Select(rule => rule["resources"]).OfType<JsonArray>())
        {
            resources.RemoveAll(entry => $"{entry}" == resource);
        }

        (await cluster.KubectlAsync(["replace", "-f", "-"], role.ToJsonString())).MustSucceed();
        string permission = $"--as=system:serviceaccount:istio-system:istiod";
        await Eventually.BecomesAsync(
            () => cluster.KubectlAsync(["auth", "can-i", "list", resource, "--all-namespaces", permission]), outcome => outcome.Output.StartsWith("no", StringComparison.Ordinal), "the right being gone");
        try
        {
            await check();
        }
        finally
        {
            await GrantAsync();
        }
    }

    private async Task GrantAsync() => (await cluster.KubectlAsync(["apply", "-f", RealCluster.Shipped("control-plane/20-access.yaml")])).MustSucceed();

    private Task<JsonObject> RoleAsync() => cluster.Client.GetAsync(
        new ResourceType("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false), null, Role, TestContext.Current.CancellationToken);
}
