namespace Lateen.Net.Sockets;

/// <summary>
/// The narrow waist of the event loop: which descriptors became ready. Epoll stands behind it now; a poller on io_uring can stand beside it.
/// </summary>
internal interface IReadinessPoller : IDisposable
{
    /// <summary>Watches a descriptor, edge-triggered, for reading and writing at once; called once in a descriptor's life.</summary>
    void Add(int fd, uint generation);

    /// <summary>Watches a listening or wake-up descriptor, level-triggered, for reading only.</summary>
    void AddLevel(int fd, uint generation);

    /// <summary>Stops watching a descriptor that stays open. (Closing a descriptor ends the watch by itself.)</summary>
    void Remove(int fd);

    /// <summary>Waits for at most the given time (-1: without limit) and returns the number of events to be read by <see cref="Get"/>.</summary>
    int Wait(int timeoutMilliseconds);

    /// <summary>The i-th event of the last wait.</summary>
    Readiness Get(int index, out int fd, out uint generation);
}
