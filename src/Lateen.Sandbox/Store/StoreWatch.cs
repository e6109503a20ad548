using System.Threading.Channels;

namespace Lateen.Sandbox.Store;

/// <summary>A subscription to one resource's changes, in order, without gaps.</summary>
/// <remarks>
/// The queue is bounded. A reader that falls behind by more than its capacity is cut off: the queue completes with
/// <see cref="WatchOverflowException"/> after what it still holds, and the writer never waits.
/// </remarks>
internal sealed class StoreWatch : IDisposable
{
    private readonly ObjectStore _owner;
    private readonly Channel<StoreEvent> _queue;
    private readonly string _resource;
    private readonly string? _namespace;

    internal StoreWatch(ObjectStore owner, string resource, string? ns, int capacity)
    {
        _owner = owner;
        _resource = resource;
        _namespace = ns;
        _queue = Channel.CreateBounded<StoreEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });
    }

    public ChannelReader<StoreEvent> Events => _queue.Reader;

    public void Dispose() => _owner.Unsubscribe(this);

    internal bool Wants(ObjectKey key) => key.Resource == _resource && (_namespace is null || key.Namespace == _namespace);

    /// <summary>False when the queue was full; the watch is over then.</summary>
    internal bool Offer(StoreEvent change)
    {
        if (_queue.Writer.TryWrite(change))
        {
            return true;
        }

        _queue.Writer.TryComplete(new WatchOverflowException());
        return false;
    }

    internal void Complete() => _queue.Writer.TryComplete();
}

/// <summary>The watcher read too slowly and lost its place; it has to list again.</summary>
internal sealed class WatchOverflowException() : Exception("the watcher fell behind the store and was cut off");
