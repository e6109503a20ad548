using Lateen.Net.Hpack;
using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>What goes to the peer.</summary>
internal sealed partial class Http2Session
{
    /// <summary>Sends a request's head; Host becomes :authority.</summary>
    /// <param name="stream">An open stream.</param>
    /// <param name="head">The request.</param>
    /// <param name="scheme">http or https; CONNECT alone has none (8.5).</param>
    /// <param name="endStream">There is no body.</param>
    /// <param name="protocol">The request is an upgrade to this protocol: it goes out as extended CONNECT (RFC 8441 4).</param>
    public void SendRequest(Http2Stream stream, MessageHead head, ReadOnlySpan<byte> scheme, bool endStream, ReadOnlySpan<byte> protocol = default)
    {
        if (!stream.IsOpen)
        {
            return;
        }
        Span<byte> block = ReserveBlock(head);
        int n = _encoder.Begin(block);
        bool isPlainConnect = head.IsConnectMethod && protocol.IsEmpty;
        n += !protocol.IsEmpty ? _encoder.Write(block[n..], ":method"u8, "CONNECT"u8)
            : head.Method.SequenceEqual("GET"u8) ? HpackEncoder.WriteStatic(block[n..], 2)
            : head.Method.SequenceEqual("POST"u8) ? HpackEncoder.WriteStatic(block[n..], 3)
            : _encoder.Write(block[n..], ":method"u8, head.Method);
        n += _encoder.Write(block[n..], ":authority"u8, head.Get(HttpField.Host));
        if (!isPlainConnect)
        {
            n += HpackEncoder.WriteStatic(block[n..], scheme.SequenceEqual("https"u8) ? 7 : 6);
            n += _encoder.Write(block[n..], ":path"u8, head.Target);
        }
        if (!protocol.IsEmpty)
        {
            n += _encoder.Write(block[n..], ":protocol"u8, protocol);
        }
        n += WriteFields(block[n..], head, skipHost: true);
        CommitBlock(stream, n, endStream);
    }

    /// <summary>Sends a response's head, an interim one if its status says so. 101 becomes 200: a tunnel over HTTP/2 is opened by that (RFC 8441 5).</summary>
    public void SendResponse(Http2Stream stream, MessageHead head, bool endStream)
    {
        if (!stream.IsOpen || stream.LocalEnded)
        {
            return;
        }
        Span<byte> block = ReserveBlock(head);
        int n = _encoder.Begin(block);
        n += WriteStatus(block[n..], head.Status == 101 ? 200 : head.Status);
        n += WriteFields(block[n..], head, skipHost: false);
        CommitBlock(stream, n, endStream);
    }

    /// <summary>An interim response without fields (RFC 9110 15.2.1).</summary>
    public void SendContinue(Http2Stream stream)
    {
        Span<byte> block = _connection.Reserve(Http2FrameHeader.Size + 32)[Http2FrameHeader.Size..];
        int n = _encoder.Begin(block);
        CommitBlock(stream, n + WriteStatus(block[n..], 100), endStream: false);
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
}
