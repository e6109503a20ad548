using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Reconcile;

/// <summary>Work by key: a key that is added while it waits is done once, a key that fails is tried again later.</summary>
/// <remarks>
/// One worker, so the same key is never worked on twice at a time. Memory is bounded by the number of keys. A failed key
/// comes back after a pause that doubles up to <see cref="MaxPause"/>; other keys do not wait for it.
/// </remarks>
internal sealed class ReconcileQueue<TKey>(string name, TimeProvider time, ILogger logger)
    where TKey : notnull
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(15);

    private readonly Channel<TKey> _keys = Channel.CreateUnbounded<TKey>();
    private readonly HashSet<TKey> _waiting = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Lock _lock = new();
    private int _underWay;

    /// <summary>Whether nothing waits and nothing is worked on; a key that failed and waits for its next try does not count.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0 && _underWay == 0;
            }
        }
    }

    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (!_waiting.Add(key))
            {
                return;
            }
        }

        _keys.Writer.TryWrite(key);
    }

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(Func<TKey, CancellationToken, Task> reconcile, CancellationToken cancellation)
    {
        var pauses = new HashSet<Task>();
        try
        {
            await foreach (var key in _keys.Reader.ReadAllAsync(cancellation))
            {
                lock (_lock)
                {
                    _waiting.Remove(key);
                    _underWay++;
                }

                try
                {
                    await reconcile(key, cancellation);
                    _failures.Remove(key);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    // Not done: whoever runs the queue again finds it waiting.
                    Add(key);
                    throw;
                }
                catch (Exception exception)
                {
                    ReconcileLog.Failed(logger, name, key.ToString() ?? "", exception.Message);
                    var failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
                    pauses.RemoveWhere(pause => pause.IsCompleted);
                    pauses.Add(AddLaterAsync(key, Pause(failures), cancellation));
                }
                finally
                {
                    lock (_lock)
                    {
                        _underWay--;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }

        await Task.WhenAll(pauses);
    }

    private static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        return pause < MaxPause ? pause : MaxPause;
    }

    private async Task AddLaterAsync(TKey key, TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(pause, time, cancellation);
            Add(key);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop while waiting.
            Add(key);
        }
    }
}
