using System.Threading.Channels;

namespace Lateen.Agent.Hosting;

/// <summary>Gives back the memory that a burst of configuration leaves behind, once it is over.</summary>
/// <remarks>
/// A full push allocates many times what stays of it, and the collector keeps the space for a next burst that may come in hours. Collecting
/// stops the event loops for some milliseconds, so it is done only where much was allocated, and never between two changes that follow closely.
/// </remarks>
internal sealed class HeapTrimmer(TimeProvider time)
{
    private const long Worthwhile = 4 * 1024 * 1024;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _allocatedAtLast;

    /// <summary>Configuration was taken over. Any thread.</summary>
    public void OnConfiguration() => _changes.Writer.TryWrite(true);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _changes.Reader.WaitToReadAsync(cancellation))
            {
                while (_changes.Reader.TryRead(out _))
                {
                    await Task.Delay(Quiet, time, cancellation);
                }
                Trim();
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    private void Trim()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocatedAtLast >= Worthwhile)
        {
            _allocatedAtLast = allocated;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
