using System.Threading.Channels;
using Lateen.Config.Snapshots;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Watch;

/// <summary>The one writer of the mesh's state: takes changes in order, builds a snapshot, publishes it.</summary>
/// <remarks>
/// Leading edge: the first change is built and published at once; what arrives meanwhile waits in the queue and is taken whole by the
/// next round. No fixed debounce: under load the time of a build is the debounce. Nothing is published before <see cref="MarkSynced"/>.
/// </remarks>
internal sealed class MeshWriter(MeshState state, Action<MeshPublication> publish, TimeProvider time, ILogger logger)
{
    private readonly Channel<(Action<MeshState> Apply, long At)> _changes = Channel.CreateUnbounded<(Action<MeshState>, long)>(
        new UnboundedChannelOptions { SingleReader = true });

    private bool _synced;
    private bool _held;
    private long _failures;

    /// <summary>Changes and snapshots that failed by a bug of ours.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Queues a change; it runs on the writer alone.</summary>
    public void Post(Action<MeshState> change) => _changes.Writer.TryWrite((change, time.GetTimestamp()));

    /// <summary>Queues the mark that all sources told their first state: from then on snapshots are published.</summary>
    public void MarkSynced() => Post(_ => _synced = true);

    /// <summary>Queues the mark that what comes is taken but not published, until <see cref="Release"/>.</summary>
    public void Hold() => Post(_ => _held = true);

    /// <summary>Queues the end of <see cref="Hold"/>: all that was taken meanwhile is published at once.</summary>
    public void Release() => Post(_ => _held = false);

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _changes.Reader.WaitToReadAsync(cancellation))
            {
                var taken = 0;
                var first = long.MaxValue;
                while (_changes.Reader.TryRead(out var change))
                {
                    Apply(change.Apply);
                    first = Math.Min(first, change.At);
                    taken++;
                }

                if (_synced && !_held)
                {
                    Publish(taken, first);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private void Apply(Action<MeshState> change)
    {
        try
        {
            change(state);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // One object that trips a bug of ours must not keep the others from being served.
            Interlocked.Increment(ref _failures);
            WatchLog.ChangeFailed(logger, exception);
        }
    }

    private void Publish(int changes, long firstChange)
    {
        var begin = time.GetTimestamp();
        try
        {
            var update = state.HasChanges ? state.Build() : null;
            var building = time.GetElapsedTime(begin);
            var resources = state.TakeChangedResources();
            foreach (var problem in state.Ingresses.TakeProblems() ?? [])
            {
                WatchLog.IngressNotHonoured(logger, problem.ToString());
            }

            if (update is not null || resources is not null)
            {
                publish(new MeshPublication(update, state.Ingresses.Served, state.KubernetesGateways.Result, resources, firstChange, building));
            }

            if (update is not null && logger.IsEnabled(LogLevel.Debug))
            {
                WatchLog.Built(logger, update.Snapshot.Version, changes, update.Scope, time.GetElapsedTime(begin).TotalMilliseconds);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Interlocked.Increment(ref _failures);
            WatchLog.BuildFailed(logger, exception);
        }
    }
}
