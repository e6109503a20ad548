using System.Buffers.Binary;

namespace Lateen.Net.Http2;

/// <summary>Data within the windows of both ends (RFC 9113 5.2): what waits, whose turn it is, and what the peer may send on.</summary>
internal sealed partial class Http2Session
{
    private const int LargestDataFrame = Http2Settings.DefaultFrameSize;

    private Http2SendQueue _queue;

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
        if (stream.IsOpen && (stream.PendingLength > 0 || stream.EndsAfterPending))
        {
            _queue.Add(stream);
        }
    }

    // Each stream in turn, a frame's worth at a time, until the connection's window or the kernel has no more room.
    private void FlushQueue()
    {
        Http2Stream? last = _queue.Last;
        while (!_failed && _sendWindow > 0 && !_connection.IsOutputBlocked && _queue.TryTake(out Http2Stream? stream))
        {
            FlushStream(stream);
            if (stream == last)
            {
                last = _queue.Last;
                if (!_queue.CanProgress())
                {
                    return;
                }
            }
        }
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
}
