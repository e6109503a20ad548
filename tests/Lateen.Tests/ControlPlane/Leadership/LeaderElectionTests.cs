using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Leadership;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Leadership;

/// <summary>Replicas over one real API endpoint.</summary>
public sealed class LeaderElectionTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task SecondReplica_FirstOneEnds_TakesOverAndNeverWorksBesideIt()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await ControlPlaneBed.UntilAsync(
            async () => (await HolderAsync(bed)).StartsWith("istiod", StringComparison.Ordinal), () => "no holder", Cancellation);
        using var stop = new CancellationTokenSource();
        var working = 0;
        var second = new LeaderElection(bed.Client, "istio-system", "second", TimeProvider.System, new Random(1), NullLogger.Instance);
        var running = second.RunAsync(
            async token =>
            {
                Interlocked.Increment(ref working);
                await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                Interlocked.Decrement(ref working);
            },
            stop.Token);
        (second.IsLeader, working).ShouldBe((false, 0));

        await bed.StopControlPlaneAsync();
        await ControlPlaneBed.UntilAsync(() => Task.FromResult(second.IsLeader && working == 1), () => $"working {working}", Cancellation);
        (await HolderAsync(bed)).ShouldBe("second");

        await stop.CancelAsync();
        await running;
        working.ShouldBe(0);
        (await HolderAsync(bed)).ShouldBe("");
    }

    private static async Task<string> HolderAsync(ControlPlaneBed bed) =>
        (await bed.Client.FindAsync(ResourceTypes.Leases, "istio-system", LeaderElection.LeaseName, Cancellation))?.Text("spec", "holderIdentity") ?? "";
}
