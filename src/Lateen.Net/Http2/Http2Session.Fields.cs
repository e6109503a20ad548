using Lateen.Net.Hpack;

namespace Lateen.Net.Http2;

/// <summary>Field blocks that come: heads and trailers, with the CONTINUATION frames behind them (6.2, 6.10, 8.1).</summary>
internal sealed partial class Http2Session
{
    private FieldFragments _fragments;

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
        _fragments.Begin(header.StreamId, header.IsEndStream);
        return AddFragment(payload);
    }

    private bool OnContinuation(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_fragments.StreamId == 0)
        {
            return Fail(Http2ErrorCode.ProtocolError, "CONTINUATION without HEADERS");
        }
        if (!_fragments.AllowsContinuation())
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
        int id = _fragments.StreamId;
        bool goesOn = OnBlock(id, _fragments.End(), _fragments.EndsStream);
        _fragments.Release();
        return goesOn;
    }

    private bool AddFragment(ReadOnlySpan<byte> payload) =>
        _fragments.TryAdd(payload) || Fail(Http2ErrorCode.EnhanceYourCalm, "field block too large");

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
        if (!_decoder.TryDecode(block, new BlockSink(_block)))
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
        return _decoder.TryDecode(block, new BlockSink(_block)) || Fail(Http2ErrorCode.CompressionError, "field block does not decode");
    }

    // A struct, so that the decoder is compiled for it and each field is a call and not a look-up.
    private readonly struct BlockSink(FieldBlockReader block) : IFieldSink
    {
        public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => block.OnField(name, value);
    }
}
