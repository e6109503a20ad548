using System.Threading.Channels;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Keys of objects to look at: each at most once in the queue, and never lost when it changes while it is worked on.</summary>
internal sealed class WorkQueue(TimeProvider time)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly HashSet<ObjectKey> _pending = [];
    private readonly Dictionary<ObjectKey, int> _failures = [];
    private readonly Dictionary<ObjectKey, ITimer> _timers = [];
    private readonly Channel<ObjectKey> _ready = Channel.CreateUnbounded<ObjectKey>();

    /// <summary>Puts a key into the queue, unless it waits there already.</summary>
    public void Add(ObjectKey key)
    {
        lock (_lock)
        {
            if (_pending.Add(key))
            {
                _ready.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Puts a key into the queue later; an earlier request for it is replaced.</summary>
    public void AddAfter(ObjectKey key, TimeSpan delay)
    {
        lock (_lock)
        {
            if (_timers.Remove(key, out ITimer? old))
            {
                old.Dispose();
            }

            _timers[key] = time.CreateTimer(_ => Due(key), null, delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Puts a key into the queue after a pause that doubles with each failure in a row.</summary>
    public void AddAfterFailure(ObjectKey key)
    {
        int failures;
        lock (_lock)
        {
            failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
        }

        TimeSpan pause = FirstRetry * Math.Pow(2, Math.Min(failures - 1, 10));
        AddAfter(key, pause < LastRetry ? pause : LastRetry);
    }

    /// <summary>Forgets the failures of a key.</summary>
    public void Succeeded(ObjectKey key)
    {
        lock (_lock)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>The next key; from here on a change of it puts it into the queue again.</summary>
    public async ValueTask<ObjectKey> TakeAsync(CancellationToken cancellation)
    {
        ObjectKey key = await _ready.Reader.ReadAsync(cancellation);
        lock (_lock)
        {
            _pending.Remove(key);
        }

        return key;
    }

    /// <summary>Stops all pending timers.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            foreach (ITimer timer in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }
    }

    private void Due(ObjectKey key)
    {
        lock (_lock)
        {
            if (_timers.Remove(key, out ITimer? timer))
            {
                timer.Dispose();
            }
        }

        Add(key);
    }
}
