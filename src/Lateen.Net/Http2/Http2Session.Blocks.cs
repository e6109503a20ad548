using System.Text;
using Lateen.Net.Hpack;
using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>Field blocks on their way out (RFC 9113 4.3), written where they will be sent from.</summary>
internal sealed partial class Http2Session
{
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
}
