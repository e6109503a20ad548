using System.Buffers.Binary;

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
    private byte[]? _fragments;
    private int _fragmentsLength;
    private int _continuations;
    private int _blockStream;
    private bool _blockEnds;

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
        if (_blockStream != 0 && (header.Type != Http2FrameType.Continuation || header.StreamId != _blockStream))
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

    private bool OnHeaders(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.StreamId == 0)
        {
            return Fail(Http2ErrorCode.ProtocolError, "HEADERS on stream 0");
        }
        int padding = 0;
        if ((header.Flags & Http2Flags.Padded) != 0)
        {
            if (payload.IsEmpty)
            {
                return Fail(Http2ErrorCode.FrameSizeError, "HEADERS too short");
            }
            padding = payload[0];
            payload = payload[1..];
        }
        if ((header.Flags & Http2Flags.Priority) != 0)
        {
            if (payload.Length < 5)
            {
                return Fail(Http2ErrorCode.FrameSizeError, "HEADERS too short");
            }
            // 5.3: priorities are ignored; that a stream depends on itself is an error no longer.
            payload = payload[5..];
        }
        if (padding > payload.Length)
        {
            return Fail(Http2ErrorCode.ProtocolError, "padding exceeds the frame");
        }
        payload = payload[..^padding];
        if (!_guard.AllowsPayload(payload.Length, header.IsEndStream || (header.Flags & Http2Flags.EndHeaders) != 0))
        {
            return Fail(Http2ErrorCode.EnhanceYourCalm, "empty HEADERS frames");
        }
        if ((header.Flags & Http2Flags.EndHeaders) != 0)
        {
            return OnBlock(header.StreamId, payload, header.IsEndStream);
        }
        (_blockStream, _blockEnds, _continuations) = (header.StreamId, header.IsEndStream, 0);
        return AddFragment(payload);
    }

    private bool OnContinuation(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_blockStream == 0)
        {
            return Fail(Http2ErrorCode.ProtocolError, "CONTINUATION without HEADERS");
        }
        if (++_continuations > _limits.MaximumContinuations)
        {
            return Fail(Http2ErrorCode.EnhanceYourCalm, "CONTINUATION frames");
        }
        if (!AddFragment(payload))
        {
            return false;
        }
        if ((header.Flags & Http2Flags.EndHeaders) == 0)
        {
            return true;
        }
        int id = _blockStream;
        _blockStream = 0;
        bool goesOn = OnBlock(id, _fragments.AsSpan(0, _fragmentsLength), _blockEnds);
        ReleaseBlock();
        return goesOn;
    }

    // Bounded before it is decoded: an encoded block is no longer than its fields but for a few bytes each.
    private bool AddFragment(ReadOnlySpan<byte> payload)
    {
        int length = _fragmentsLength + payload.Length;
        if (length > _limits.Head.MaximumBytes + (8 * _limits.Head.MaximumFields) + Http2Settings.DefaultFrameSize)
        {
            return Fail(Http2ErrorCode.EnhanceYourCalm, "field block too large");
        }
        if (_fragments is null || _fragments.Length < length)
        {
            byte[] larger = _buffers.Rent(length);
            _fragments.AsSpan(0, _fragmentsLength).CopyTo(larger);
            if (_fragments is not null)
            {
                _buffers.Return(_fragments);
            }
            _fragments = larger;
        }
        payload.CopyTo(_fragments.AsSpan(_fragmentsLength));
        _fragmentsLength = length;
        return true;
    }

    private void ReleaseBlock()
    {
        (_fragmentsLength, _blockStream) = (0, 0);
        if (_fragments is { } fragments)
        {
            _fragments = null;
            _buffers.Return(fragments);
        }
    }

    private bool OnBlock(int id, ReadOnlySpan<byte> block, bool ends)
    {
        bool isNew = false;
        if (!_streams.TryGetValue(id, out Http2Stream? stream))
        {
            if (!_isServer || id <= _lastPeerStream)
            {
                return OnStrayBlock(id, block);
            }
            // 5.1.1: a client's streams are odd and ascend.
            if ((id & 1) == 0)
            {
                return Fail(Http2ErrorCode.ProtocolError, "even stream from a client");
            }
            _lastPeerStream = id;
            _guard.OnStreamOpened();
            stream = _streams.Count < _limits.MaximumStreams ? _connection.AcceptStream() : null;
            if (stream is null)
            {
                return Discard(block) && ResetUnopened(id, Http2ErrorCode.RefusedStream);
            }
            stream.Open(id, _peer.InitialWindow, _limits.StreamWindow, _connection.Now);
            _streams.Add(id, stream);
            isNew = true;
        }
        bool trailers = stream.HeadReceived;
        // 8.1: a second block ends the message; 5.1: nothing follows END_STREAM.
        if (stream.RemoteEnded || (trailers && !ends))
        {
            bool decoded = Discard(block);
            if (decoded)
            {
                FailStream(stream, stream.RemoteEnded ? Http2ErrorCode.StreamClosed : Http2ErrorCode.ProtocolError);
            }
            return decoded && !_failed;
        }
        if (trailers)
        {
            _block.BeginTrailers(stream.Trailers);
        }
        else if (_isServer)
        {
            _block.BeginRequest(stream.Head);
        }
        else
        {
            _block.BeginResponse(stream.Head);
        }
        if (!_decoder.TryDecode(block, _block))
        {
            return Fail(Http2ErrorCode.CompressionError, "field block does not decode");
        }
        Take(stream, _block.Finish(), trailers, ends, isNew);
        return !_failed;
    }

    private void Take(Http2Stream stream, FieldBlockStatus status, bool trailers, bool ends, bool isNew)
    {
        if (status == FieldBlockStatus.Malformed || (status != FieldBlockStatus.Complete && (trailers || !isNew)))
        {
            FailStream(stream, Http2ErrorCode.ProtocolError);
            return;
        }
        stream.RemoteEnded = ends;
        if (status != FieldBlockStatus.Complete)
        {
            stream.HeadReceived = true;
            stream.OnHeadRefused(status);
            if (stream.IsOpen && !stream.LocalEnded)
            {
                FailStream(stream, Http2ErrorCode.EnhanceYourCalm);
            }
        }
        else if (trailers)
        {
            if (stream.BodyLeft > 0)
            {
                FailStream(stream, Http2ErrorCode.ProtocolError);
                return;
            }
            stream.OnTrailers();
        }
        else if (!_isServer && stream.Head.Status < 200)
        {
            // 8.1: an interim response never ends the stream, the final head follows. HTTP/2 knows no 101 (8.6).
            if (ends || stream.Head.Status == 101)
            {
                FailStream(stream, Http2ErrorCode.ProtocolError);
                return;
            }
            stream.Head.Reset();
        }
        else
        {
            stream.HeadReceived = true;
            stream.BodyLeft = stream.Head.ContentLength;
            stream.OnHead(ends);
        }
        if (stream.IsOpen)
        {
            CloseIfEnded(stream);
        }
    }

    // A block for a stream that is no more: decoded for the table's sake.
    private bool OnStrayBlock(int id, ReadOnlySpan<byte> block)
    {
        if (IsIdle(id))
        {
            return Fail(Http2ErrorCode.ProtocolError, "HEADERS on an idle stream");
        }
        return Discard(block) && (WasResetByUs(id) || !_isServer || Fail(Http2ErrorCode.StreamClosed, "HEADERS on a closed stream"));
    }

    private bool Discard(ReadOnlySpan<byte> block)
    {
        _block.BeginDiscarded();
        return _decoder.TryDecode(block, _block) || Fail(Http2ErrorCode.CompressionError, "field block does not decode");
    }

    private bool OnWindowUpdate(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
        {
            return Fail(Http2ErrorCode.FrameSizeError, "WINDOW_UPDATE length");
        }
        if (!_guard.AllowsWindowUpdate())
        {
            return Fail(Http2ErrorCode.EnhanceYourCalm, "WINDOW_UPDATE frames");
        }
        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        if (header.StreamId == 0)
        {
            _sendWindow += increment;
            if (increment == 0 || _sendWindow > int.MaxValue)
            {
                return Fail(increment == 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FlowControlError, "WINDOW_UPDATE of the connection");
            }
            FlushQueue();
            return !_failed;
        }
        if (IsIdle(header.StreamId))
        {
            return Fail(Http2ErrorCode.ProtocolError, "WINDOW_UPDATE on an idle stream");
        }
        if (_streams.TryGetValue(header.StreamId, out Http2Stream? stream))
        {
            stream.SendWindow += increment;
            if (increment == 0 || stream.SendWindow > int.MaxValue)
            {
                FailStream(stream, increment == 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FlowControlError);
            }
            else
            {
                FlushStream(stream);
            }
        }
        return !_failed;
    }

    private bool OnRstStream(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
        {
            return Fail(Http2ErrorCode.FrameSizeError, "RST_STREAM length");
        }
        if (header.StreamId == 0 || IsIdle(header.StreamId))
        {
            return Fail(Http2ErrorCode.ProtocolError, "RST_STREAM on an idle stream");
        }
        if (!_streams.TryGetValue(header.StreamId, out Http2Stream? stream))
        {
            return true;
        }
        if (_isServer && !_guard.AllowsReset(_connection.Now - stream.OpenedAt))
        {
            return Fail(Http2ErrorCode.EnhanceYourCalm, "rapid resets");
        }
        Forget(stream);
        stream.OnReset((Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload), byPeer: true);
        _connection.OnStreamClosed(stream);
        return !_failed;
    }

    private bool OnSettings(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        bool ack = header.IsAck;
        if (header.StreamId != 0 || (ack ? payload.Length != 0 : payload.Length % 6 != 0))
        {
            return Fail(header.StreamId != 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FrameSizeError, "SETTINGS");
        }
        if (ack)
        {
            return _settingsReceived || Fail(Http2ErrorCode.ProtocolError, "SETTINGS acknowledged before its own");
        }
        int windowBefore = _peer.InitialWindow, tableBefore = _peer.HeaderTableSize;
        Http2ErrorCode error = _peer.Apply(payload);
        if (error != Http2ErrorCode.NoError)
        {
            return Fail(error, "SETTINGS value");
        }
        if (_peer.HeaderTableSize != tableBefore)
        {
            _encoder.SetPeerLimit(_peer.HeaderTableSize);
        }
        _settingsReceived = true;
        if (!WriteControl(Http2FrameType.Settings, Http2FrameHeader.Ack, 0, []))
        {
            return false;
        }
        return ChangeWindows(_peer.InitialWindow - windowBefore);
    }

    // 6.9.2: the windows of all open streams move with the setting, below zero if need be.
    private bool ChangeWindows(int difference)
    {
        if (difference != 0)
        {
            foreach (Http2Stream stream in _streams.Values)
            {
                stream.SendWindow += difference;
                if (stream.SendWindow > int.MaxValue)
                {
                    return Fail(Http2ErrorCode.FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE");
                }
                Enqueue(stream);
            }
            FlushQueue();
        }
        if (!_failed)
        {
            _connection.OnSettings();
        }
        return !_failed;
    }

    private bool OnPing(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.StreamId != 0 || payload.Length != 8)
        {
            return Fail(header.StreamId != 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FrameSizeError, "PING");
        }
        return header.IsAck || WriteControl(Http2FrameType.Ping, Http2FrameHeader.Ack, 0, payload);
    }

    private bool OnGoAway(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.StreamId != 0 || payload.Length < 8)
        {
            return Fail(header.StreamId != 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FrameSizeError, "GOAWAY");
        }
        int last = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        Http2ErrorCode code = (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]);
        _connection.OnGoAway(last, code);
        if (!_isServer)
        {
            ResetAll(last, Http2ErrorCode.RefusedStream);
        }
        return !_failed;
    }

    private bool OnPriority(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.StreamId == 0 || payload.Length != 5)
        {
            return Fail(header.StreamId == 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FrameSizeError, "PRIORITY");
        }
        return _guard.AllowsPriority() || Fail(Http2ErrorCode.EnhanceYourCalm, "PRIORITY frames");
    }

    // 5.1: never opened so far.
    private bool IsIdle(int id) => _isServer ? id > _lastPeerStream || (id & 1) == 0 : id >= _nextStream || (id & 1) == 0;
}
