using System.Buffers.Binary;

namespace Lateen.Net.Http2;

/// <summary>Frames that come and carry no message: windows, resets, settings, pings, the end (6.3 to 6.9).</summary>
internal sealed partial class Http2Session
{
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
            _blocks.SetPeerLimit(_peer.HeaderTableSize);
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
}
