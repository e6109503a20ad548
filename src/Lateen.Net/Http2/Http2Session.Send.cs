using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>What goes to the peer: heads, data and trailers of its streams (RFC 9113 8.1).</summary>
internal sealed partial class Http2Session
{
    /// <summary>Sends a request's head; Host becomes :authority.</summary>
    /// <param name="stream">An open stream.</param>
    /// <param name="head">The request.</param>
    /// <param name="scheme">http or https.</param>
    /// <param name="endStream">There is no body.</param>
    /// <param name="protocol">The request is an upgrade to this protocol: it goes out as extended CONNECT (RFC 8441 4).</param>
    public void SendRequest(Http2Stream stream, MessageHead head, ReadOnlySpan<byte> scheme, bool endStream, ReadOnlySpan<byte> protocol = default)
    {
        if (!stream.IsOpen)
        {
            return;
        }
        CommitBlock(stream, _blocks.WriteRequest(ReserveBlock(head), head, scheme, protocol), endStream);
    }

    /// <summary>Sends a response's head, an interim one if its status says so.</summary>
    public void SendResponse(Http2Stream stream, MessageHead head, bool endStream)
    {
        if (!stream.IsOpen || stream.LocalEnded)
        {
            return;
        }
        CommitBlock(stream, _blocks.WriteResponse(ReserveBlock(head), head), endStream);
    }

    /// <summary>An interim response without fields (RFC 9110 15.2.1).</summary>
    public void SendContinue(Http2Stream stream)
    {
        Span<byte> block = _connection.Reserve(Http2FrameHeader.Size + 32)[Http2FrameHeader.Size..];
        CommitBlock(stream, _blocks.WriteStatus(block, 100), endStream: false);
    }

    /// <summary>Sends what the windows admit; the rest waits in the stream.</summary>
    public void SendData(Http2Stream stream, ReadOnlySpan<byte> data, bool endStream)
    {
        if (!stream.IsOpen || stream.LocalEnded)
        {
            return;
        }
        stream.LocalEnded = endStream;
        if (stream.PendingLength == 0 && !stream.EndsAfterPending)
        {
            int sent = WriteData(stream, data, endStream);
            if (sent == data.Length || !stream.IsOpen)
            {
                CloseIfEnded(stream);
                return;
            }
            data = data[sent..];
        }
        Keep(stream, data);
        stream.EndsAfterPending = endStream;
        Enqueue(stream);
    }

    /// <summary>Ends the stream with trailer fields.</summary>
    public void SendTrailers(Http2Stream stream, MessageHead trailers)
    {
        if (!stream.IsOpen || stream.LocalEnded)
        {
            return;
        }
        stream.LocalEnded = true;
        if (stream.PendingLength > 0)
        {
            // Encoded when their turn comes: field blocks must be in the order of the wire.
            stream.PendingTrailers ??= new MessageHead();
            stream.PendingTrailers.Reset();
            foreach (ref readonly FieldLine line in trailers.Fields)
            {
                if (!line.Removed)
                {
                    stream.PendingTrailers.Add(trailers.NameOf(line), trailers.ValueOf(line));
                }
            }
            stream.HasPendingTrailers = stream.EndsAfterPending = true;
            return;
        }
        WriteTrailers(stream, trailers);
        CloseIfEnded(stream);
    }

    /// <summary>Resets a stream; its owner is not told.</summary>
    public void Reset(Http2Stream stream, Http2ErrorCode code)
    {
        if (!stream.IsOpen)
        {
            return;
        }
        Forget(stream);
        ResetUnopened(stream.Id, code);
        _connection.OnStreamClosed(stream);
    }

    /// <summary>The owner takes no more data: no window is granted until it resumes.</summary>
    public static void Pause(Http2Stream stream) => stream.IsPaused = true;

    public void Resume(Http2Stream stream)
    {
        if (stream.IsPaused)
        {
            stream.IsPaused = false;
            if (stream.IsOpen)
            {
                Grant(stream);
            }
        }
    }

    /// <summary>Tells the peer that streams above the last one will not be served (6.8). The first GOAWAY of a graceful end names no limit.</summary>
    public void GoAway(Http2ErrorCode code, bool graceful) => GoAway(code, graceful ? int.MaxValue : _lastPeerStream);

    /// <summary>The kernel has taken all: streams with more to send go on.</summary>
    public void OnOutputDrained()
    {
        _guard.OnOutputDrained();
        FlushQueue();
    }

    private Span<byte> ReserveBlock(MessageHead head) => _connection.Reserve(Http2FrameHeader.Size + FieldBlockWriter.Bound(head))[Http2FrameHeader.Size..];

    // The block lies in the reserved output behind room for one frame header.
    private void CommitBlock(Http2Stream stream, int length, bool endStream)
    {
        stream.LocalEnded |= endStream;
        Http2Flags ends = endStream ? Http2Flags.EndStream : Http2Flags.None;
        if (length <= _peer.MaximumFrameSize)
        {
            Http2FrameHeader.Write(_connection.Reserve(Http2FrameHeader.Size), length, Http2FrameType.Headers, ends | Http2Flags.EndHeaders, stream.Id);
            _connection.Commit(Http2FrameHeader.Size + length);
            CountQueued(control: false);
        }
        else
        {
            CommitLargeBlock(stream, length, ends);
        }
        if (endStream)
        {
            CloseIfEnded(stream);
        }
    }

    private void CommitLargeBlock(Http2Stream stream, int length, Http2Flags ends)
    {
        byte[] copy = _buffers.Rent(length);
        _connection.Reserve(Http2FrameHeader.Size + length).Slice(Http2FrameHeader.Size, length).CopyTo(copy);
        for (int at = 0; at < length;)
        {
            int n = Math.Min(length - at, _peer.MaximumFrameSize);
            Http2Flags flags = at + n == length ? Http2Flags.EndHeaders : Http2Flags.None;
            WriteFrame(at == 0 ? Http2FrameType.Headers : Http2FrameType.Continuation, flags | (at == 0 ? ends : 0), stream.Id, copy.AsSpan(at, n));
            at += n;
        }
        _buffers.Return(copy);
    }

    private void WriteTrailers(Http2Stream stream, MessageHead trailers)
    {
        int n = _blocks.WriteTrailers(ReserveBlock(trailers), trailers);
        if (n == 0)
        {
            WriteFrame(Http2FrameType.Data, Http2Flags.EndStream, stream.Id, []);
            return;
        }
        CommitBlock(stream, n, endStream: true);
    }
}
