using Lateen.Net.Sockets;

namespace Lateen.Net.Http2;

/// <summary>A field block that comes in several frames (RFC 9113 4.3, 6.10), gathered until its last. Holds a buffer only meanwhile.</summary>
internal struct FieldFragments(BufferPool buffers, Http2Limits limits)
{
    private byte[]? _bytes;
    private int _length;
    private int _continuations;

    /// <summary>The stream whose block is under way; 0: none is.</summary>
    public int StreamId { get; private set; }

    /// <summary>The stream ends with the block.</summary>
    public bool EndsStream { get; private set; }

    /// <summary>HEADERS without END_HEADERS.</summary>
    public void Begin(int streamId, bool endsStream) => (StreamId, EndsStream, _continuations) = (streamId, endsStream, 0);

    /// <summary>False: more CONTINUATION frames than a peer may send for one block.</summary>
    public bool AllowsContinuation() => ++_continuations <= limits.MaximumContinuations;

    /// <summary>False: the block is too large. Bounded before it is decoded: an encoded block is no longer than its fields but for a few bytes each.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload)
    {
        int length = _length + payload.Length;
        if (length > limits.Head.MaximumBytes + (8 * limits.Head.MaximumFields) + Http2Settings.DefaultFrameSize)
        {
            return false;
        }
        if (_bytes is null || _bytes.Length < length)
        {
            byte[] larger = buffers.Rent(length);
            _bytes.AsSpan(0, _length).CopyTo(larger);
            if (_bytes is not null)
            {
                buffers.Return(_bytes);
            }
            _bytes = larger;
        }
        payload.CopyTo(_bytes.AsSpan(_length));
        _length = length;
        return true;
    }

    /// <summary>The block is whole: other frames may follow. Its bytes are there until <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> End()
    {
        StreamId = 0;
        return _bytes.AsSpan(0, _length);
    }

    public void Release()
    {
        (_length, StreamId) = (0, 0);
        if (_bytes is { } bytes)
        {
            _bytes = null;
            buffers.Return(bytes);
        }
    }
}
