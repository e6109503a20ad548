using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>Two replicas at a real API server: one holds the Lease, and the other takes it over when the first stops.</summary>
public sealed class LeadershipTests(RealCluster cluster) : IClassFixture<RealCluster>
{
    [Fact]
    public async Task Lease_HolderStops_IsTakenOverAndStatusGoesOn()
    {
        RealCluster.SkipUnlessPossible();
        await using ControlPlaneProcess first = await ControlPlaneProcess.StartReadyAsync(cluster, "istiod-one");
        await HolderBecomesAsync("istiod-one_");
        await using ControlPlaneProcess second = await ControlPlaneProcess.StartReadyAsync(cluster, "istiod-two");
        await cluster.ApplyAsync(Rule("one"));
        await StatusAppearsAsync("one");
        (await HolderAsync()).ShouldStartWith("istiod-one_", customMessage: "a second replica does not take what is held");

        // Stopped in order it gives the Lease up; nobody waits until it lapses.
        await first.StopAsync();
        await HolderBecomesAsync("istiod-two_");
        await cluster.ApplyAsync(Rule("two"));
        await StatusAppearsAsync("two");
        first.Log.ShouldNotContain("\terror\t");
    }

    private static string Rule(string name) =>
        $"{{apiVersion: networking.istio.io/v1beta1, kind: DestinationRule, metadata: {{name: {name}, namespace: default}}, spec: {{host: {name}}}}}";

    private async Task<string> HolderAsync() =>
        (await cluster.Client.FindAsync(ResourceTypes.Leases, "istio-system", "istio-leader", TestContext.Current.CancellationToken)).Text("spec", "holderIdentity");

    private Task<string> HolderBecomesAsync(string prefix) =>
        Eventually.BecomesAsync(HolderAsync, holder => holder.StartsWith(prefix, StringComparison.Ordinal), $"the Lease being held by {prefix}");

    private Task<string> StatusAppearsAsync(string rule) => Eventually.BecomesAsync(
        async () => (await cluster.KubectlAsync(["get", "destinationrule", rule, "-o", "jsonpath={.status.conditions[*].type}"])).MustSucceed().Output,
        type => type == "Reconciled",
        $"the status of {rule}");
}
