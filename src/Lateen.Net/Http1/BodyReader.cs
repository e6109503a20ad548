namespace Lateen.Net.Http1;

/// <summary>Takes a message's body out of a connection's bytes, however it is delimited (RFC 9112 6.3): by its length, in chunks, or by the end of the stream.</summary>
internal struct BodyReader
{
    private readonly bool _isChunked;
    private ChunkedDecoder _chunks;

    // Negative: until the stream ends.
    private long _left;

    private BodyReader(bool isChunked, bool keepsTrailers, long length)
    {
        _isChunked = isChunked;
        _chunks = new ChunkedDecoder { KeepsTrailers = keepsTrailers };
        _left = length;
    }

    /// <summary>A body of the chunked coding; else of that length, and where that is negative of all that comes.</summary>
    public static BodyReader Of(MessageHead head, bool keepsTrailers) => new(head.IsChunked, keepsTrailers, head.ContentLength);

    /// <summary>The body ends with the stream, not before.</summary>
    public readonly bool IsUntilClose => !_isChunked && _left < 0;

    public readonly bool IsDone => _isChunked ? _chunks.IsDone : _left == 0;

    /// <summary>The framing is broken: nothing that follows can be trusted.</summary>
    public readonly bool IsBad => _isChunked && _chunks.IsBad;

    /// <summary>The body is over and trailer fields follow, which are to be kept: they are not read here.</summary>
    public readonly bool IsAtTrailers => _isChunked && _chunks.IsAtTrailers;

    /// <summary>Takes input until it has a piece of the body, its end, or nothing more; returns the number of bytes consumed.</summary>
    /// <param name="input">What has come; not empty.</param>
    /// <param name="piece">What of it is the body's.</param>
    public int Read(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> piece)
    {
        if (_isChunked)
        {
            return _chunks.Read(input, out piece);
        }
        piece = _left < 0 || input.Length <= _left ? input : input[..(int)_left];
        _left -= _left < 0 ? 0 : piece.Length;
        return piece.Length;
    }
}
