using System.Collections.Concurrent;
using System.Diagnostics;

namespace Lateen.PushBench;

/// <summary>Who has acknowledged which change, and when the last one did.</summary>
internal sealed class Deliveries
{
    private readonly ConcurrentDictionary<int, Change> _changes = [];

    public void Begin(int change, int clients) => _changes[change] = new Change(clients);

    public void Seen(int change)
    {
        if (_changes.TryGetValue(change, out var known))
        {
            known.Seen();
        }
    }

    /// <summary>Waits until every client has it.</summary>
    public async Task<TimeSpan> WaitAsync(int change, TimeSpan limit)
    {
        await _changes[change].Done.Task.WaitAsync(limit);
        return _changes[change].Elapsed;
    }

    /// <summary>Changes that every client acknowledged by themselves, and the time of each; others were merged into later ones.</summary>
    public IReadOnlyList<TimeSpan> Complete => [.. _changes.Values.Where(c => c.Done.Task.IsCompleted).Select(c => c.Elapsed)];

    private sealed class Change(int clients)
    {
        private readonly long _begin = Stopwatch.GetTimestamp();
        private int _missing = clients;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan Elapsed { get; private set; }

        public void Seen()
        {
            if (Interlocked.Decrement(ref _missing) == 0)
            {
                Elapsed = Stopwatch.GetElapsedTime(_begin);
                Done.TrySetResult();
            }
        }
    }
}
