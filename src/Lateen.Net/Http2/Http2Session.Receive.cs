namespace Lateen.Net.Http2;

/// <summary>What comes from the peer.</summary>
internal sealed partial class Http2Session
{
    private Http2Stream? _dataStream;
    private int _dataStreamId;
    private bool _dataEnds;
    private int _padding = -1;
    private bool _padded;
    private int _dataLeft;

    /// <summary>Takes bytes. False: the session is over.</summary>
    public bool Receive(ReadOnlySpan<byte> data)
    {
        if (_failed)
        {
            return false;
        }
        if (_prefaceRead < Preface.Length)
        {
            int n = Math.Min(Preface.Length - _prefaceRead, data.Length);
            if (!data[..n].SequenceEqual(Preface.Slice(_prefaceRead, n)))
            {
                return Fail(Http2ErrorCode.ProtocolError, "bad preface");
            }
            _prefaceRead += n;
            data = data[n..];
        }
        return _reader.Read(data, this) && !_failed;
    }

    void IHttp2FrameHandler.OnOversizedFrame(in Http2FrameHeader header) => Fail(Http2ErrorCode.FrameSizeError, "frame too large");

    bool IHttp2FrameHandler.OnDataFrame(in Http2FrameHeader header)
    {
        int id = header.StreamId;
        if (!Expected(header))
        {
            return false;
        }
        if (id == 0 || IsIdle(id))
        {
            return Fail(Http2ErrorCode.ProtocolError, "DATA on an idle stream");
        }
        if (!_guard.AllowsPayload(header.Length, header.IsEndStream))
        {
            return Fail(Http2ErrorCode.EnhanceYourCalm, "empty DATA frames");
        }
        // 6.9: the whole payload counts, padding included, for a closed stream as well.
        if (header.Length > _receiveWindow)
        {
            return Fail(Http2ErrorCode.FlowControlError, "connection window exceeded");
        }
        _receiveWindow -= header.Length;
        _dataLeft = header.Length;
        _dataEnds = header.IsEndStream;
        _padded = (header.Flags & Http2Flags.Padded) != 0;
        _padding = _padded ? -1 : 0;
        if (_padded && header.Length == 0)
        {
            return Fail(Http2ErrorCode.ProtocolError, "padding without length");
        }
        if (!_streams.TryGetValue(id, out Http2Stream? stream))
        {
            _dataStream = null;
            return true;
        }
        if (stream.RemoteEnded || !stream.HeadReceived)
        {
            // 5.1 half-closed (remote); 8.1: data before the head.
            FailStream(stream, stream.RemoteEnded ? Http2ErrorCode.StreamClosed : Http2ErrorCode.ProtocolError);
            stream = null;
        }
        else if (header.Length > stream.ReceiveWindow)
        {
            FailStream(stream, Http2ErrorCode.FlowControlError);
            stream = null;
        }
        else
        {
            stream.ReceiveWindow -= header.Length;
        }
        (_dataStream, _dataStreamId) = (stream, id);
        if (stream is not null && header.Length == 0)
        {
            Deliver(stream, [], _dataEnds);
        }
        return !_failed;
    }

    bool IHttp2FrameHandler.OnData(ReadOnlySpan<byte> piece, bool isLast)
    {
        int taken = piece.Length;
        _dataLeft -= taken;
        if (_padding < 0)
        {
            _padding = piece[0];
            piece = piece[1..];
            if (_padding > _dataLeft + piece.Length)
            {
                return Fail(Http2ErrorCode.ProtocolError, "padding exceeds the frame");
            }
        }
        // What lies in the last _padding bytes of the frame is padding.
        int padding = Math.Clamp(_padding - _dataLeft, 0, piece.Length);
        ReadOnlySpan<byte> data = piece[..^padding];
        // The object may serve another stream by now.
        if (_dataStream is not { IsOpen: true } stream || stream.Id != _dataStreamId)
        {
            GrantConnection(taken);
            return !_failed;
        }
        if (taken > data.Length)
        {
            stream.Ungranted += taken - data.Length;
            GrantConnection(taken - data.Length);
        }
        if (data.Length > 0 || (isLast && _dataEnds))
        {
            Deliver(stream, data, isLast && _dataEnds);
        }
        return !_failed;
    }

    bool IHttp2FrameHandler.OnFrame(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!Expected(header))
        {
            return false;
        }
        switch (header.Type)
        {
            case Http2FrameType.Headers:
                return OnHeaders(header, payload);
            case Http2FrameType.Continuation:
                return OnContinuation(header, payload);
            case Http2FrameType.WindowUpdate:
                return OnWindowUpdate(header, payload);
            case Http2FrameType.RstStream:
                return OnRstStream(header, payload);
            case Http2FrameType.Settings:
                return OnSettings(header, payload);
            case Http2FrameType.Ping:
                return OnPing(header, payload);
            case Http2FrameType.GoAway:
                return OnGoAway(header, payload);
            case Http2FrameType.Priority:
                return OnPriority(header, payload);
            case Http2FrameType.PushPromise:
                // 6.6, 8.4: no client of ours allows it, and clients may not.
                return Fail(Http2ErrorCode.ProtocolError, "PUSH_PROMISE");
            default:
                // 4.1: unknown types are ignored.
                return true;
        }
    }

    // 3.4: SETTINGS comes first. 6.10: nothing may come between the frames of one field block.
    private bool Expected(in Http2FrameHeader header)
    {
        if (!_settingsReceived && header.Type != Http2FrameType.Settings)
        {
            return Fail(Http2ErrorCode.ProtocolError, "the first frame is not SETTINGS");
        }
        if (_fragments.StreamId != 0 && (header.Type != Http2FrameType.Continuation || header.StreamId != _fragments.StreamId))
        {
            return Fail(Http2ErrorCode.ProtocolError, "field block interrupted");
        }
        return true;
    }

    private void Deliver(Http2Stream stream, ReadOnlySpan<byte> data, bool ends)
    {
        // 8.1.1: a content-length that the data contradicts makes the message malformed.
        if (stream.BodyLeft >= 0 && (data.Length > stream.BodyLeft || (ends && data.Length != stream.BodyLeft)))
        {
            GrantConnection(data.Length);
            FailStream(stream, Http2ErrorCode.ProtocolError);
            return;
        }
        stream.BodyLeft -= stream.BodyLeft >= 0 ? data.Length : 0;
        stream.RemoteEnded |= ends;
        stream.Unread += data.Length;
        stream.OnData(data, ends);
        if (!stream.IsOpen)
        {
            return;
        }
        if (!stream.IsPaused)
        {
            Grant(stream);
        }
        if (ends)
        {
            CloseIfEnded(stream);
        }
    }

    // 5.1: never opened so far.
    private bool IsIdle(int id) => _isServer ? id > _lastPeerStream || (id & 1) == 0 : id >= _nextStream || (id & 1) == 0;
}
