namespace Lateen.Net.Sockets;

/// <summary>Something with a descriptor that one event loop watches. Lives on that loop's thread only.</summary>
internal abstract class EventSource
{
    /// <summary>The descriptor, or -1 when closed.</summary>
    public int Fd { get; protected internal set; } = -1;

    /// <summary>Tells a late event for an earlier owner of the same descriptor from one of ours.</summary>
    internal uint Generation;

    /// <summary>Called by the loop with the events the poller saw (see <see cref="Readiness"/>).</summary>
    public abstract void OnEvents(Readiness events);
}

/// <summary>What a poller can say about a descriptor.</summary>
[Flags]
internal enum Readiness
{
    None = 0,
    Readable = 1,
    Writable = 2,

    /// <summary>The peer has sent its FIN: there is an end of stream behind whatever is still to be read.</summary>
    PeerClosed = 4,

    /// <summary>Error or full hang-up: reading gives the reason.</summary>
    Failed = 8,
}
