using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>The API server, its store and its data go away: what was in force stays so, and what is true afterwards comes into force by itself.</summary>
public sealed class SurvivalTests(RealCluster cluster) : IClassFixture<RealCluster>
{
    private const string Old = "VirtualService default/old";
    private const string OldHost = "old.default.svc.cluster.local";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApiServer_RestartsTwice_IsWatchedOn()
    {
        RealCluster.SkipUnlessPossible();
        await using ControlPlaneProcess lateend = await StartAsync("istiod-restart");
        foreach (string name in (string[])["first", "second"])
        {
            await cluster.KillServerAsync();
            (await lateend.ReadinessAsync()).ShouldBe("OK", "a control plane that can serve stays ready");
            (await lateend.InForceAsync()).ShouldContain(Old);
            await cluster.StartServerAsync();
            await cluster.ApplyAsync(Route(name));
            await lateend.UntilInForceAsync(Old, $"VirtualService default/{name}");
            (await cluster.KubectlAsync(["delete", "virtualservice", name])).MustSucceed();
            await lateend.UntilGoneAsync($"VirtualService default/{name}");
        }
    }

    [Fact]
    public async Task Etcd_IsGoneForAWhile_WhatWasInForceStays()
    {
        RealCluster.SkipUnlessPossible();
        await using ControlPlaneProcess lateend = await StartAsync("istiod-etcd");
        await cluster.StopEtcdAsync();
        try
        {
            // Nothing can be read any more, the Lease neither, which lateend tells.
            await Eventually.BecomesAsync(() => Task.FromResult(lateend.Log), log => log.Contains("istio-leader can not be reached", StringComparison.Ordinal), "the outage being told");
            (await lateend.InForceAsync()).ShouldContain(Old);
            (await lateend.ReadinessAsync()).ShouldBe("OK");
        }
        finally
        {
            await cluster.StartEtcdAsync();
        }

        await Eventually.BecomesAsync(() => cluster.KubectlAsync(["apply", "-f", "-"], Route("after")), outcome => outcome.ExitCode == 0, "the API server taking objects again");
        await lateend.UntilInForceAsync(Old, "VirtualService default/after");
    }

    [Fact]
    public async Task Etcd_LosesItsData_LastConfigurationIsServedUntilTheKindsAreBack()
    {
        RealCluster.SkipUnlessPossible();
        await cluster.ApplyAsync(Service("old"));
        await cluster.ApplyAsync(Route("old"));
        await using ControlPlaneProcess lateend = ControlPlaneProcess.Start(cluster, cluster.Kubeconfig, "istiod-lost");
        await lateend.UntilReadyAsync();
        await lateend.UntilInForceAsync(Old, OldHost);

        await cluster.KillServerAsync();
        await cluster.StopEtcdAsync();
        cluster.LoseData();
        await cluster.StartEtcdAsync();
        await cluster.StartServerAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(lateend.Log), log => log.Contains("has another store than before", StringComparison.Ordinal), "the new store being noticed");

        // The empty store answers with empty lists; nothing of it is passed on, whatever changes there.
        await cluster.ApplyAsync(Service("new"));
        await Eventually.BecomesAsync(() => Task.FromResult(lateend.Log), log => log.Contains("virtualservices.networking.istio.io: keeping the last known objects", StringComparison.Ordinal), "the missing kind being told");
        IReadOnlySet<string> kept = await lateend.InForceAsync();
        kept.ShouldContain(Old);
        kept.ShouldContain(OldHost);
        kept.ShouldNotContain("new.default.svc.cluster.local");

        // With the kinds of the mesh the store is the mesh's again, and what it holds is true.
        await cluster.DeployAsync();
        await lateend.UntilInForceAsync("new.default.svc.cluster.local", "istiod.istio-system.svc.cluster.local");
        await lateend.UntilGoneAsync(Old, OldHost);
        await cluster.ApplyAsync(Route("new"));
        await lateend.UntilInForceAsync("VirtualService default/new");
    }

    private async Task<ControlPlaneProcess> StartAsync(string pod)
    {
        await cluster.ApplyAsync(Service("old"));
        await cluster.ApplyAsync(Route("old"));
        ControlPlaneProcess lateend = await ControlPlaneProcess.StartReadyAsync(cluster, pod);
        await lateend.UntilInForceAsync(Old, OldHost);
        return lateend;
    }

    private static string Service(string name) =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: default}}, spec: {{ports: [{{name: http, port: 80}}]}}}}";

    private static string Route(string name) =>
        $"{{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {{name: {name}, namespace: default}}, spec: {{hosts: [{name}], http: [{{route: [{{destination: {{host: {name}}}}}]}}]}}}}";
}
