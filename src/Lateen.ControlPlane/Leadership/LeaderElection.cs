using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Leadership;

/// <summary>Lets one of several replicas do what must be done once: holds a Lease, and runs the work while it does.</summary>
/// <remarks>
/// The work is stopped before the Lease can lapse for others: who could not renew for <see cref="GiveUpAfter"/> counts himself out. The store's
/// resource version decides between two that reach for it at once.
/// </remarks>
internal sealed class LeaderElection(
    KubernetesClient client, string ns, string identity, TimeProvider time, Random random, ILogger logger)
{
    /// <summary>The name of the Lease.</summary>
    public const string LeaseName = "istio-leader";

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // An API server whose store is gone keeps requests waiting; one of them must not outlast the Lease.
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(5);

    private readonly LeaseClaim _claim = new(identity, Duration);
    private volatile bool _leads;

    /// <summary>Whether this replica leads now.</summary>
    public bool IsLeader => _leads;

    /// <summary>Reaches for the Lease until cancelled, and runs the work each time as long as it is held.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        CancellationTokenSource? stop = null;
        var working = Task.CompletedTask;
        var renewed = time.GetTimestamp();
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                var holds = await TryHoldAsync(cancellation);
                if (holds == true)
                {
                    renewed = time.GetTimestamp();
                    if (!_leads)
                    {
                        _leads = true;
                        LeadershipLog.Won(logger, identity, ns, LeaseName);
                        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                        working = work(stop.Token);
                    }
                }
                else if (_leads && (holds == false || time.GetElapsedTime(renewed) > GiveUpAfter))
                {
                    LeadershipLog.Lost(logger, identity, ns, LeaseName);
                    await EndAsync(stop!, working);
                }

                await Task.Delay(Pause * (0.75 + (random.NextDouble() / 2)), time, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }

        if (_leads)
        {
            await EndAsync(stop!, working);
            await ReleaseAsync();
        }
    }

    private async Task EndAsync(CancellationTokenSource stop, Task working)
    {
        _leads = false;
        await stop.CancelAsync();
        await working;
        stop.Dispose();
    }

    /// <returns>Null when the API server could not be asked: then what was holds for a while.</returns>
    private async Task<bool?> TryHoldAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(RequestLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await HoldAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            LeadershipLog.Unreachable(logger, ns, LeaseName, $"no answer within {RequestLimit.TotalSeconds:0} s");
            return null;
        }
        catch (KubernetesApiException exception) when (exception.IsConflict)
        {
            // Another replica was faster; the next round reads whom it is.
            return null;
        }
        catch (KubernetesApiException exception)
        {
            LeadershipLog.Unreachable(logger, ns, LeaseName, exception.Message);
            return null;
        }
    }

    private async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        if (await client.FindAsync(ResourceTypes.Leases, ns, LeaseName, cancellation) is not { } lease)
        {
            await client.CreateAsync(ResourceTypes.Leases, ns, _claim.New(ns, LeaseName, time.GetUtcNow()), cancellation);
            return true;
        }

        if (_claim.Claim(lease, time.GetUtcNow()) is not { } claimed)
        {
            return false;
        }

        await client.ReplaceAsync(ResourceTypes.Leases, claimed, cancellation);
        return true;
    }

    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            if (await client.FindAsync(ResourceTypes.Leases, ns, LeaseName, limit.Token) is { } lease && _claim.Release(lease) is { } released)
            {
                await client.ReplaceAsync(ResourceTypes.Leases, released, limit.Token);
            }
        }
        catch (Exception exception) when (exception is KubernetesApiException or OperationCanceledException)
        {
            // It lapses by itself.
            LeadershipLog.Unreachable(logger, ns, LeaseName, exception.Message);
        }
    }
}
