using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>One stream (RFC 9113 5): its windows, what waits to be sent, and what its owner does with what comes.</summary>
/// <remarks>Objects are used again by their connection; between their end and the next opening nothing refers to them but its free list.</remarks>
internal abstract class Http2Stream
{
    internal long SendWindow;
    internal int ReceiveWindow;

    /// <summary>Received, passed on, and not yet granted again because the owner pauses.</summary>
    internal int Unread;
    internal int Ungranted;
    internal long BodyLeft;
    internal byte[]? Pending;
    internal int PendingStart;
    internal int PendingEnd;
    internal bool EndsAfterPending;
    internal MessageHead? PendingTrailers;
    internal bool HasPendingTrailers;
    internal bool HeadReceived;
    internal bool IsQueued;
    internal Http2Stream? NextQueued;
    internal long OpenedAt;

    public int Id { get; internal set; }

    /// <summary>We have sent END_STREAM or have it in <see cref="Pending"/>.</summary>
    public bool LocalEnded { get; internal set; }

    public bool RemoteEnded { get; internal set; }

    /// <summary>In the connection's table; false once it is reset or has ended on both sides.</summary>
    public bool IsOpen { get; internal set; }

    /// <summary>The owner takes no more data for now: no window is granted meanwhile.</summary>
    public bool IsPaused { get; internal set; }

    /// <summary>Its connection tells it when the kernel takes bytes again.</summary>
    public bool AwaitsDrain { get; set; }

    public int PendingLength => PendingEnd - PendingStart;

    /// <summary>Where the fields of the message go.</summary>
    public abstract MessageHead Head { get; }

    public abstract MessageHead Trailers { get; }

    /// <summary>The head is complete, in <see cref="Head"/>.</summary>
    public abstract void OnHead(bool endStream);

    /// <summary>The head exceeds a limit. The owner may answer; the stream is reset after this call if it has not ended.</summary>
    public abstract void OnHeadRefused(FieldBlockStatus status);

    public abstract void OnData(ReadOnlySpan<byte> data, bool endStream);

    public abstract void OnTrailers();

    /// <summary>What was pending is on its way.</summary>
    public abstract void OnDrained();

    /// <summary>The stream was reset, by the peer or by us for the peer's fault; it is closed already.</summary>
    /// <param name="code">RefusedStream says that the peer has not looked at it (RFC 9113 8.7).</param>
    /// <param name="byPeer">The peer's RST_STREAM or GOAWAY, or the end of the connection.</param>
    public abstract void OnReset(Http2ErrorCode code, bool byPeer);

    internal void Open(int id, int sendWindow, int receiveWindow, long now)
    {
        (Id, SendWindow, ReceiveWindow, OpenedAt, IsOpen) = (id, sendWindow, receiveWindow, now, true);
        (Unread, Ungranted, BodyLeft, PendingStart, PendingEnd) = (0, 0, -1, 0, 0);
        (EndsAfterPending, HasPendingTrailers, HeadReceived, LocalEnded, RemoteEnded, IsPaused) = (false, false, false, false, false, false);
    }
}
