using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Canary;

/// <summary>Configuration changes, and the control plane may die, while requests flow: none of them fails.</summary>
/// <remarks>How long a change and a resynchronisation take is printed, not asserted: a test must not depend on the machine's speed.</remarks>
public sealed class ChangeUnderLoadTests(CanaryMesh mesh, ITestOutputHelper output) : IClassFixture<CanaryMesh>
{
    private const string MarkerHeader = "x-rule";
    private const int NanosecondsPerTick = 100;
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan SyncLimit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task VirtualServiceChanges_UnderLoad_LoseNoRequestAndTakeEffectSoon()
    {
        CanaryMesh.SkipUnlessPossible();
        using KubernetesClient client = mesh.Client();
        using Process load = Load.Start(mesh, CanaryMesh.Namespace, mesh.Toolbox, LoadTime, "http://canary/");
        List<TimeSpan> effects = [];
        for (int rule = 1; rule <= 10; rule++)
        {
            effects.Add(await TimeToEffectAsync(client, rule));
        }

        LoadResult result = await Load.ResultAsync(load);
        effects.Sort();
        output.WriteLine($"{result.Requests} requests, {result.Failed} failed; from the API's answer to the first request by the new rule, ms: "
            + string.Join(' ', effects.Select(e => e.TotalMilliseconds.ToString("0"))));
        result.Failed.ShouldBe(0, result.Report);
    }

    [Fact]
    public async Task ControlPlaneKilled_UnderLoad_NoRequestFailsAndProxiesAreSyncedAgain()
    {
        CanaryMesh.SkipUnlessPossible();
        using Process load = Load.Start(mesh, CanaryMesh.Namespace, mesh.Toolbox, LoadTime, "http://canary/");
        await mesh.KillAsync("lateend");

        // New connections too, while the control plane is away.
        (await mesh.SendAsync(20, "user: zhongmingmao")).ShouldAllBe(status => status == "200");

        await UntilRestartedAsync();
        Stopwatch sinceReady = Stopwatch.StartNew();
        string table;
        do
        {
            table = (await mesh.LateenAsync(["proxy-status"])).MustSucceed().Output;
        }
        while (!AllSynced(table) && sinceReady.Elapsed < SyncLimit);
        sinceReady.Stop();

        LoadResult result = await Load.ResultAsync(load);
        output.WriteLine($"{result.Requests} requests, {result.Failed} failed; all SYNCED {sinceReady.ElapsedMilliseconds} ms after the control plane was ready again");
        result.Failed.ShouldBe(0, result.Report);
        AllSynced(table).ShouldBeTrue(table);
    }

    /// <summary>Waits until the control plane's container has been started again and is ready.</summary>
    private async Task UntilRestartedAsync()
    {
        using KubernetesClient client = mesh.Client();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (WatchEvent change in client.WatchAsync(
            ResourceTypes.Pods, new ObjectSelector("istio-system", "app=istiod"), "0", TimeSpan.FromMinutes(1), limit.Token))
        {
            JsonObject? container = change.Value.Items("status", "containerStatuses").FirstOrDefault();
            if (container.Number("restartCount") > 0 && container.Flag("ready"))
            {
                return;
            }
        }
    }

    private static bool AllSynced(string table)
    {
        string[] rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        return rows.Length == 3 && rows.All(row => row.Split("SYNCED", StringSplitOptions.None).Length == 5);
    }

    /// <summary>
    /// From the API server's answer to the change to the moment at which the first answer by the new rule was complete. The toolbox
    /// asks without pause and stamps each answer with the machine's clock, which all of its pods share.
    /// </summary>
    private async Task<TimeSpan> TimeToEffectAsync(KubernetesClient client, int rule)
    {
        string shell = $"echo asking; for i in $(seq 400); do curl -s -o /dev/null --max-time 5 -D - canary | grep -q '^{MarkerHeader}: {rule}.$' && date +%s%N && exit 0; done; exit 1";
        using Process asking = mesh.Start("kubectl", ["exec", "-n", CanaryMesh.Namespace, mesh.Toolbox, "-c", "toolbox", "--", "sh", "-c", shell]);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        (await asking.StandardOutput.ReadLineAsync(cancellation)).ShouldBe("asking");
        JsonNode patch = JsonNode.Parse(
            $$$"""
            {"spec": {"http": [
              {"match": [{"headers": {"user": {"exact": "zhongmingmao"} } }], "route": [{"destination": {"host": "canary", "subset": "v2"}}] },
              {"headers": {"response": {"set": {"{{{MarkerHeader}}}": "{{{rule}}}" } } }, "route": [{"destination": {"host": "canary", "subset": "v1"}}] } ] } }
            """)!;
        await client.PatchAsync(ResourceTypes.VirtualServices, new ObjectKey(CanaryMesh.Namespace, "canary"), PatchKind.Merge, patch, cancellation);
        long changed = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;
        string? stamp = await asking.StandardOutput.ReadLineAsync(cancellation);
        stamp.ShouldNotBeNull($"no answer carried {MarkerHeader}: {rule}");
        long effective = long.Parse(stamp, CultureInfo.InvariantCulture);
        return TimeSpan.FromTicks(Math.Max(0, effective - changed) / NanosecondsPerTick);
    }
}
