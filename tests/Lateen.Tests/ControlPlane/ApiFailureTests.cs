using System.Text.Json.Nodes;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

/// <summary>The API endpoint fails at the start or later: what was known is served, and everything comes right by itself afterwards.</summary>
public class ApiFailureTests
{
    private const string Old = "outbound|80||old.default.svc.cluster.local";
    private const string New = "outbound|80||new.default.svc.cluster.local";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ApiFault.Down)]
    [InlineData(ApiFault.InternalError)]
    [InlineData(ApiFault.Garbage)]
    [InlineData(ApiFault.EmptyObject)]
    [InlineData(ApiFault.NotFound)]
    public async Task Endpoint_FailsInMidFlight_LastConfigurationIsServedAndTheNextOneComes(ApiFault fault)
    {
        await using var bed = await StartAsync();
        using var proxy = await ConnectAsync(bed, Old);
        bed.Api.Set(fault);
        await bed.ApplyAsync(Service("new"), Cancellation);
        await bed.Client.DeleteAsync(ResourceTypes.Services, "default", "old", Cancellation);

        // Every informer has met the fault, most of them more than once.
        await ControlPlaneBed.UntilAsync(() => Task.FromResult(bed.Api.Faults > 60), () => $"{bed.Api.Faults} requests failed", Cancellation);
        using var late = await ConnectAsync(bed, Old);
        (await late.AskAsync(TypeUrls.Cluster, [], Cancellation)).Keys.ShouldNotContain(New);
        (await bed.PageAsync("/ready", Cancellation)).ShouldNotBeNull("a control plane that can serve stays ready");

        bed.Api.Set(ApiFault.None);
        await UntilServedAsync(proxy);
        await UntilServedAsync(late);
    }

    [Theory]
    [InlineData(ApiFault.WatchClosed)]
    [InlineData(ApiFault.WatchGone)]
    [InlineData(ApiFault.WatchGarbage)]
    public async Task Watches_Fail_ChangesComeByListsOrAfterwards(ApiFault fault)
    {
        await using var bed = await StartAsync();
        using var proxy = await ConnectAsync(bed, Old);
        bed.Api.Set(fault);
        await bed.ApplyAsync(Service("new"), Cancellation);
        await bed.Client.DeleteAsync(ResourceTypes.Services, "default", "old", Cancellation);
        await ControlPlaneBed.UntilAsync(() => Task.FromResult(bed.Api.Faults > 60), () => $"{bed.Api.Faults} requests failed", Cancellation);
        bed.Api.Set(ApiFault.None);
        await UntilServedAsync(proxy);
    }

    [Theory]
    [InlineData(ApiFault.Down)]
    [InlineData(ApiFault.InternalError)]
    [InlineData(ApiFault.Garbage)]
    [InlineData(ApiFault.EmptyObject)]
    public async Task Endpoint_FailsAtTheStart_ControlPlaneIsReadyWhenItRecovers(ApiFault fault)
    {
        await using var bed = await ControlPlaneBed.PrepareFaultyAsync(Cancellation);
        await bed.ApplyAsync(Service("old"), Cancellation);
        bed.Api.Set(fault);
        var starting = bed.StartControlPlaneAsync(Cancellation);
        await ControlPlaneBed.UntilAsync(() => Task.FromResult(bed.Api.Faults >= 3 || starting.IsCompleted), () => $"{bed.Api.Faults} requests failed", Cancellation);
        starting.IsCompleted.ShouldBeFalse(starting.Exception?.Message ?? "it is ready without having seen the mesh");
        bed.Api.Set(ApiFault.None);
        await starting;
        using var proxy = await ConnectAsync(bed, Old);
    }

    [Fact]
    public async Task Store_IsAnotherOne_LastConfigurationIsServedUntilTheKindsAreThere()
    {
        await using var bed = await StartAsync();
        using var proxy = await ConnectAsync(bed, Old);
        await bed.LoseDataAsync(Cancellation);
        await bed.ApplyAsync(Service("new"), Cancellation);

        // The new store knows no kind of the mesh: every informer of them has been told so by now, most of them more than once.
        await ControlPlaneBed.UntilAsync(() => Task.FromResult(bed.Api.Unknown > 60), () => $"{bed.Api.Unknown} requests were answered with 404", Cancellation);
        using var late = await ConnectAsync(bed, Old);
        (await late.AskAsync(TypeUrls.Cluster, [], Cancellation)).Keys.ShouldNotContain(New);

        await bed.ApplyKindsAsync(Cancellation);
        await UntilServedAsync(proxy);
        await UntilServedAsync(late);
    }

    [Fact]
    public async Task Store_IsAnotherOne_AuthorityIsPutBackSoThatTheNextReplicaKeepsTheRoot()
    {
        await using var bed = await StartAsync();
        var root = (await AuthorityAsync(bed)).Text("data", "ca-cert.pem");
        root.ShouldNotBeEmpty();
        await bed.LoseDataAsync(Cancellation);
        (await AuthorityAsync(bed)).ShouldBeNull();
        await bed.ApplyAsync("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}", Cancellation);
        JsonObject? stored = null;
        await ControlPlaneBed.UntilAsync(async () => (stored = await AuthorityAsync(bed)) is not null, () => "no Secret istio-ca-secret", Cancellation);
        stored.Text("data", "ca-cert.pem").ShouldBe(root);

        static Task<JsonObject?> AuthorityAsync(ControlPlaneBed bed) => bed.Client.FindAsync(ResourceTypes.Secrets, "istio-system", "istio-ca-secret", Cancellation);
    }

    private static async Task<ControlPlaneBed> StartAsync()
    {
        var bed = await ControlPlaneBed.PrepareFaultyAsync(Cancellation);
        await bed.ApplyAsync(Service("old"), Cancellation);
        await bed.StartControlPlaneAsync(Cancellation);
        return bed;
    }

    private static async Task<TestProxy> ConnectAsync(ControlPlaneBed bed, string cluster)
    {
        var proxy = new TestProxy(bed.AddressOf(ServerPort.Xds), "sidecar~10.0.0.1~a.default~default.svc.cluster.local");
        (await proxy.AskAsync(TypeUrls.Cluster, [], Cancellation)).Keys.ShouldContain(cluster);
        return proxy;
    }

    private static async Task UntilServedAsync(TestProxy proxy)
    {
        IReadOnlyDictionary<string, ByteString> clusters;
        do
        {
            clusters = await proxy.NextAsync(TypeUrls.Cluster, Cancellation);
        }
        while (!clusters.ContainsKey(New) || clusters.ContainsKey(Old));
    }

    private static string Service(string name) =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: default}}, spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80}}]}}}}";
}
