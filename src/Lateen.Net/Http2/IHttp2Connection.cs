namespace Lateen.Net.Http2;

/// <summary>The connection around a session: its output, and what concerns no single stream.</summary>
internal interface IHttp2Connection
{
    /// <summary>Milliseconds on the loop's clock.</summary>
    long Now { get; }

    /// <summary>The kernel takes nothing at the moment.</summary>
    bool IsOutputBlocked { get; }

    /// <summary>Room for output, to be followed by <see cref="Commit"/>.</summary>
    Span<byte> Reserve(int size);

    void Commit(int written);

    void Write(ReadOnlySpan<byte> data);

    /// <summary>A server's: an object for a stream that the peer opens, with <see cref="Http2Stream.Head"/> ready; null refuses it (REFUSED_STREAM).</summary>
    Http2Stream? AcceptStream();

    /// <summary>A stream has ended or was reset; the session has let go of it.</summary>
    void OnStreamClosed(Http2Stream stream);

    /// <summary>The peer's settings have changed.</summary>
    void OnSettings();

    /// <summary>The peer will not take streams above this one (RFC 9113 6.8); those that were opened have been reset as refused.</summary>
    void OnGoAway(int lastStream, Http2ErrorCode code);

    /// <summary>The session is over: GOAWAY has been written, every stream reset. The connection is to be closed.</summary>
    void OnFailed(Http2ErrorCode code, string reason);
}
