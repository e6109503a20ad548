using Lateen.Net.Sockets;

namespace Lateen.Net.Http2;

/// <summary>Cuts a byte stream into frames (RFC 9113 4), wherever the input is cut. DATA is passed on as it comes; every other frame when it is whole.</summary>
/// <remarks>A frame that lies whole in the input is not copied; a partial one is kept in a buffer of the loop, at most one frame, given back when it is complete.</remarks>
internal sealed class Http2FrameReader(BufferPool buffers)
{
    private readonly byte[] _head = new byte[Http2FrameHeader.Size];
    private int _headLength;
    private Http2FrameHeader _frame;
    private bool _inFrame;
    private int _dataLeft;
    private byte[]? _kept;
    private int _keptLength;

    /// <summary>Reads until the input is used up or the handler says stop. False: the connection is over.</summary>
    public bool Read(ReadOnlySpan<byte> input, IHttp2FrameHandler handler)
    {
        while (true)
        {
            if (!_inFrame)
            {
                if (!TakeHeader(ref input))
                {
                    return true;
                }
                // 4.2: we never allow more than the default.
                if (_frame.Length > Http2Settings.DefaultFrameSize)
                {
                    handler.OnOversizedFrame(_frame);
                    return false;
                }
                _inFrame = true;
                if (_frame.Type == Http2FrameType.Data)
                {
                    _dataLeft = _frame.Length;
                    if (!handler.OnDataFrame(_frame))
                    {
                        return false;
                    }
                    if (_dataLeft == 0)
                    {
                        _inFrame = false;
                        continue;
                    }
                }
            }
            if (_frame.Type == Http2FrameType.Data)
            {
                if (input.IsEmpty)
                {
                    return true;
                }
                int n = Math.Min(_dataLeft, input.Length);
                _dataLeft -= n;
                _inFrame = _dataLeft > 0;
                ReadOnlySpan<byte> piece = input[..n];
                input = input[n..];
                if (!handler.OnData(piece, isLast: _dataLeft == 0))
                {
                    return false;
                }
                continue;
            }
            if (!TakePayload(ref input, out ReadOnlySpan<byte> payload))
            {
                return true;
            }
            _inFrame = false;
            bool goOn = handler.OnFrame(_frame, payload);
            ReleaseKept();
            if (!goOn)
            {
                return false;
            }
        }
    }

    /// <summary>Gives the buffer of a partial frame back; the reader is not used any more.</summary>
    public void Close()
    {
        ReleaseKept();
        (_inFrame, _headLength) = (false, 0);
    }

    private bool TakeHeader(ref ReadOnlySpan<byte> input)
    {
        if (_headLength == 0 && input.Length >= Http2FrameHeader.Size)
        {
            _frame = Http2FrameHeader.Read(input);
            input = input[Http2FrameHeader.Size..];
            return true;
        }
        int n = Math.Min(Http2FrameHeader.Size - _headLength, input.Length);
        input[..n].CopyTo(_head.AsSpan(_headLength));
        _headLength += n;
        input = input[n..];
        if (_headLength < Http2FrameHeader.Size)
        {
            return false;
        }
        _headLength = 0;
        _frame = Http2FrameHeader.Read(_head);
        return true;
    }

    private bool TakePayload(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload)
    {
        int missing = _frame.Length - _keptLength;
        if (_keptLength == 0 && input.Length >= missing)
        {
            payload = input[..missing];
            input = input[missing..];
            return true;
        }
        payload = [];
        int n = Math.Min(missing, input.Length);
        if (n > 0)
        {
            _kept ??= buffers.Rent(_frame.Length);
            input[..n].CopyTo(_kept.AsSpan(_keptLength));
            _keptLength += n;
            input = input[n..];
        }
        if (_keptLength < _frame.Length)
        {
            return false;
        }
        payload = _kept.AsSpan(0, _keptLength);
        return true;
    }

    private void ReleaseKept()
    {
        _keptLength = 0;
        if (_kept is { } kept)
        {
            _kept = null;
            buffers.Return(kept);
        }
    }
}

/// <summary>Takes what <see cref="Http2FrameReader"/> cuts; false ends the reading.</summary>
internal interface IHttp2FrameHandler
{
    /// <summary>A DATA frame begins.</summary>
    bool OnDataFrame(in Http2FrameHeader header);

    /// <summary>A piece of the DATA frame's payload, padding included.</summary>
    bool OnData(ReadOnlySpan<byte> piece, bool isLast);

    /// <summary>Any other frame.</summary>
    bool OnFrame(in Http2FrameHeader header, ReadOnlySpan<byte> payload);

    /// <summary>A frame longer than we allow.</summary>
    void OnOversizedFrame(in Http2FrameHeader header);
}
