namespace Lateen.Proxy.Listeners;

/// <summary>One thread's handshakes under way, the oldest first. Bounded: where there are too many, the oldest gives way.</summary>
/// <remarks>
/// An honest handshake takes milliseconds, one that is held open for its own sake as long as it may: so the oldest is the one least likely to end well,
/// and whoever opens thousands takes places from himself alone. Refusing the newest would let him shut everybody out.
/// </remarks>
internal sealed class HandshakeQueue
{
    /// <summary>Handshakes under way at a time; each holds about 50 KB of libssl's memory while it waits for the rest of a record.</summary>
    public const int Maximum = 1024;

    private ServerHandshake? _oldest;
    private ServerHandshake? _newest;

    public int Count { get; private set; }

    /// <summary>Adds a handshake; returns the one that has to give way, null if there is room.</summary>
    public ServerHandshake? Add(ServerHandshake handshake)
    {
        handshake.Older = _newest;
        if (_newest is null)
        {
            _oldest = handshake;
        }
        else
        {
            _newest.Newer = handshake;
        }
        _newest = handshake;
        return ++Count > Maximum ? _oldest : null;
    }

    /// <summary>Takes out a handshake that is in.</summary>
    public void Remove(ServerHandshake handshake)
    {
        (ServerHandshake? older, ServerHandshake? newer) = (handshake.Older, handshake.Newer);
        if (older is null)
        {
            _oldest = newer;
        }
        else
        {
            older.Newer = newer;
        }
        if (newer is null)
        {
            _newest = older;
        }
        else
        {
            newer.Older = older;
        }
        (handshake.Older, handshake.Newer) = (null, null);
        Count--;
    }
}
