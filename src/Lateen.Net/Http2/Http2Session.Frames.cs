using System.Buffers.Binary;

namespace Lateen.Net.Http2;

/// <summary>Single frames, and what a peer that does not read them costs.</summary>
internal sealed partial class Http2Session
{
    private void GoAway(Http2ErrorCode code, int last)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, last);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)code);
        WriteFrame(Http2FrameType.GoAway, Http2Flags.None, 0, payload);
        GoAwaySent = true;
    }

    // An error of one stream (5.4.2): reset, and its owner told.
    private void FailStream(Http2Stream stream, Http2ErrorCode code)
    {
        Forget(stream);
        ResetUnopened(stream.Id, code);
        stream.OnReset(code, byPeer: false);
        _connection.OnStreamClosed(stream);
    }

    private bool ResetUnopened(int id, Http2ErrorCode code)
    {
        RememberReset(id);
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)code);
        return WriteControl(Http2FrameType.RstStream, Http2Flags.None, id, payload);
    }

    // A frame that a peer can make us send: counted while it does not read.
    private bool WriteControl(Http2FrameType type, Http2Flags flags, int streamId, ReadOnlySpan<byte> payload)
    {
        if (_failed)
        {
            return false;
        }
        WriteFrame(type, flags, streamId, payload, control: true);
        return !_failed;
    }

    private void WriteFrame(Http2FrameType type, Http2Flags flags, int streamId, ReadOnlySpan<byte> payload, bool control = false)
    {
        Span<byte> header = _connection.Reserve(Http2FrameHeader.Size);
        Http2FrameHeader.Write(header, payload.Length, type, flags, streamId);
        _connection.Commit(Http2FrameHeader.Size);
        _connection.Write(payload);
        CountQueued(control);
    }

    private void CountQueued(bool control)
    {
        if (_connection.IsOutputBlocked && !_guard.AllowsQueued(control) && !_failed)
        {
            Fail(Http2ErrorCode.EnhanceYourCalm, "frames that the peer does not read");
        }
    }
}
