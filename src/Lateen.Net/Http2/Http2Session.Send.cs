using System.Buffers.Binary;
using System.Text;
using Lateen.Net.Hpack;
using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>What goes to the peer.</summary>
internal sealed partial class Http2Session
{
    private const int LargestDataFrame = Http2Settings.DefaultFrameSize;

    private Http2Stream? _firstQueued;
    private Http2Stream? _lastQueued;

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

    private void GoAway(Http2ErrorCode code, int last)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, last);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)code);
        WriteFrame(Http2FrameType.GoAway, Http2Flags.None, 0, payload);
        GoAwaySent = true;
    }

    private static int WriteStatus(Span<byte> block, int status)
    {
        int index = status switch { 200 => 8, 204 => 9, 206 => 10, 304 => 11, 400 => 12, 404 => 13, 500 => 14, _ => 0 };
        if (index > 0)
        {
            return HpackEncoder.WriteStatic(block, index);
        }
        // Literal without indexing, name of entry 8, three digits.
        (block[0], block[1]) = (0x08, 3);
        status.TryFormat(block[2..], out _);
        return 5;
    }

    private int WriteFields(Span<byte> block, MessageHead head, bool skipHost)
    {
        int n = 0;
        Span<byte> lower = stackalloc byte[256];
        foreach (ref readonly FieldLine line in head.Fields)
        {
            // 8.2.2: fields of an HTTP/1 connection end here; what a peer's Connection field named was removed when it was read.
            if (line.Removed || line.Field is HttpField.Connection or HttpField.KeepAlive or HttpField.ProxyConnection
                or HttpField.TransferEncoding or HttpField.Upgrade or HttpField.Http2Settings || (skipHost && line.Field == HttpField.Host))
            {
                continue;
            }
            scoped ReadOnlySpan<byte> name = head.NameOf(line);
            ReadOnlySpan<byte> value = head.ValueOf(line);
            if (line.Field == HttpField.Te)
            {
                value = "trailers"u8;
            }
            if (name.IndexOfAnyInRange((byte)'A', (byte)'Z') >= 0)
            {
                Span<byte> target = name.Length <= lower.Length ? lower : new byte[name.Length];
                Ascii.ToLower(name, target, out int length);
                name = target[..length];
            }
            n += _encoder.Write(block[n..], name, value);
        }
        return n;
    }

    private Span<byte> ReserveBlock(MessageHead head) =>
        _connection.Reserve(Http2FrameHeader.Size + head.FieldBytesBound + (HpackEncoder.FieldOverhead * (head.FieldCount + 6)) + 64)[Http2FrameHeader.Size..];

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
        Span<byte> block = ReserveBlock(trailers);
        int n = _encoder.Begin(block);
        n += WriteFields(block[n..], trailers, skipHost: true);
        if (n == 0)
        {
            WriteFrame(Http2FrameType.Data, Http2Flags.EndStream, stream.Id, []);
            return;
        }
        CommitBlock(stream, n, endStream: true);
    }

    // Returns how much went out; less than all when a window is used up.
    private int WriteData(Http2Stream stream, ReadOnlySpan<byte> data, bool endStream)
    {
        int sent = 0;
        do
        {
            int n = (int)Math.Min(Math.Min(data.Length - sent, LargestDataFrame), Math.Max(Math.Min(stream.SendWindow, _sendWindow), 0));
            if (!stream.IsOpen || (n == 0 && data.Length > 0))
            {
                return sent;
            }
            bool last = sent + n == data.Length;
            WriteFrame(Http2FrameType.Data, last && endStream ? Http2Flags.EndStream : Http2Flags.None, stream.Id, data.Slice(sent, n));
            _guard.OnDataFrameSent();
            stream.SendWindow -= n;
            _sendWindow -= n;
            sent += n;
        }
        while (sent < data.Length);
        return sent;
    }

    private void Keep(Http2Stream stream, ReadOnlySpan<byte> data)
    {
        int pending = stream.PendingLength;
        if (stream.Pending is null || stream.PendingEnd + data.Length > stream.Pending.Length)
        {
            byte[] target = stream.Pending is { } same && pending + data.Length <= same.Length ? same : _buffers.Rent(Math.Max(pending + data.Length, 2 * pending));
            stream.Pending.AsSpan(stream.PendingStart, pending).CopyTo(target);
            if (stream.Pending is { } old && old != target)
            {
                _buffers.Return(old);
            }
            (stream.Pending, stream.PendingStart, stream.PendingEnd) = (target, 0, pending);
        }
        data.CopyTo(stream.Pending.AsSpan(stream.PendingEnd));
        stream.PendingEnd += data.Length;
    }

    private void Enqueue(Http2Stream stream)
    {
        if (stream.IsQueued || !stream.IsOpen || (stream.PendingLength == 0 && !stream.EndsAfterPending))
        {
            return;
        }
        stream.IsQueued = true;
        stream.NextQueued = null;
        if (_lastQueued is null)
        {
            _firstQueued = stream;
        }
        else
        {
            _lastQueued.NextQueued = stream;
        }
        _lastQueued = stream;
    }

    // Each stream in turn, a frame's worth at a time, until the connection's window or the kernel has no more room.
    private void FlushQueue()
    {
        Http2Stream? last = _lastQueued;
        while (!_failed && _firstQueued is { } stream && _sendWindow > 0 && !_connection.IsOutputBlocked)
        {
            _firstQueued = stream.NextQueued;
            if (_firstQueued is null)
            {
                _lastQueued = null;
            }
            (stream.IsQueued, stream.NextQueued) = (false, null);
            FlushStream(stream);
            if (stream == last)
            {
                last = _lastQueued;
                if (_firstQueued is null || !Progresses())
                {
                    return;
                }
            }
        }
    }

    // Some stream of the queue has window left: another round is worth it.
    private bool Progresses()
    {
        for (Http2Stream? stream = _firstQueued; stream is not null; stream = stream.NextQueued)
        {
            if (stream.IsOpen && stream.SendWindow > 0)
            {
                return true;
            }
        }
        return false;
    }

    private void FlushStream(Http2Stream stream)
    {
        if (!stream.IsOpen || (stream.PendingLength == 0 && !stream.EndsAfterPending) || _connection.IsOutputBlocked)
        {
            Enqueue(stream);
            return;
        }
        int length = Math.Min(stream.PendingLength, LargestDataFrame);
        bool whole = length == stream.PendingLength;
        int sent = WriteData(
            stream, stream.Pending.AsSpan(stream.PendingStart, length), whole && stream.EndsAfterPending && !stream.HasPendingTrailers);
        if (!stream.IsOpen)
        {
            return;
        }
        stream.PendingStart += sent;
        if (stream.PendingLength > 0)
        {
            Enqueue(stream);
            return;
        }
        if (stream.Pending is { } pending)
        {
            (stream.Pending, stream.PendingStart, stream.PendingEnd) = (null, 0, 0);
            _buffers.Return(pending);
        }
        stream.EndsAfterPending = false;
        if (stream.HasPendingTrailers)
        {
            stream.HasPendingTrailers = false;
            WriteTrailers(stream, stream.PendingTrailers!);
        }
        if (stream.IsOpen)
        {
            stream.OnDrained();
        }
        CloseIfEnded(stream);
    }

    // Gives the peer back what the stream's owner has taken: by halves, so that small reads do not cost a frame each.
    private void Grant(Http2Stream stream)
    {
        int read = stream.Unread;
        if (read == 0 && stream.Ungranted == 0)
        {
            return;
        }
        stream.Unread = 0;
        GrantConnection(read);
        stream.Ungranted += read;
        if (!stream.RemoteEnded && stream.Ungranted >= _limits.StreamWindow / 2)
        {
            WriteWindowUpdate(stream.Id, stream.Ungranted);
            stream.ReceiveWindow += stream.Ungranted;
            stream.Ungranted = 0;
        }
    }

    private void GrantConnection(int length)
    {
        _ungranted += length;
        if (_ungranted >= _limits.ConnectionWindow / 2 && !_failed)
        {
            WriteWindowUpdate(0, _ungranted);
            _receiveWindow += _ungranted;
            _ungranted = 0;
        }
    }

    private void WriteWindowUpdate(int streamId, int increment)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, increment);
        WriteFrame(Http2FrameType.WindowUpdate, Http2Flags.None, streamId, payload);
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
