using System.Threading.Channels;
using Lateen.Net.Sockets;

namespace Lateen.Agent.Hosting;

/// <summary>Gives back the memory that a burst of configuration or a crowd of connections leaves behind, once it is over.</summary>
/// <remarks>
/// A full push allocates many times what stays of it, thousands of connections leave their objects and libssl's; the collector and the C
/// library keep the space for a next time that may come in hours. Collecting stops the event loops for some milliseconds, so it is done only where
/// much was allocated or many have gone, and, unless changes never cease, not between two that follow closely.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="connections">How many connections are open.</param>
/// <param name="trim">What gives the memory back; <see cref="Trim"/> outside of tests.</param>
internal sealed class MemoryTrimmer(TimeProvider time, Func<long> connections, Action trim)
{
    /// <summary>So many connections fewer than there were are a crowd that has gone.</summary>
    public const int Crowd = 256;

    private const long Worthwhile = 4 * 1024 * 1024;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromMinutes(1), Look = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _allocatedAtLast;

    /// <summary>The managed heap, then the C library's.</summary>
    public static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeMemoryTrim.Run();
    }

    /// <summary>Configuration was taken over. Any thread.</summary>
    public void OnConfiguration() => _changes.Writer.TryWrite(true);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(FollowConfigurationAsync(cancellation), FollowConnectionsAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    private async Task FollowConfigurationAsync(CancellationToken cancellation)
    {
        while (await _changes.Reader.WaitToReadAsync(cancellation))
        {
            long since = time.GetTimestamp();
            while (_changes.Reader.TryRead(out _) && time.GetElapsedTime(since) < LongestWait)
            {
                await Task.Delay(Quiet, time, cancellation);
            }
            long allocated = GC.GetTotalAllocatedBytes();
            if (allocated - _allocatedAtLast >= Worthwhile)
            {
                _allocatedAtLast = allocated;
                trim();
            }
        }
    }

    private async Task FollowConnectionsAsync(CancellationToken cancellation)
    {
        long most = 0;
        using PeriodicTimer timer = new(Look, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            long open = connections();
            most = Math.Max(most, open);
            if (most - open >= Crowd && open <= most / 2)
            {
                most = open;
                trim();
            }
        }
    }
}
