using System.Text;
using Lateen.Net.Hpack;
using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>Writes heads and trailers as field blocks (RFC 9113 4.3, 8.3). Blocks must go out in the order in which they are written: both ends keep a table of them.</summary>
internal sealed class FieldBlockWriter
{
    private readonly HpackEncoder _encoder = new();

    /// <summary>Room that a block of the head needs at the most.</summary>
    public static int Bound(MessageHead head) => head.FieldBytesBound + (HpackEncoder.FieldOverhead * (head.FieldCount + 6)) + 64;

    /// <summary>The size that the peer allows the table.</summary>
    public void SetPeerLimit(int size) => _encoder.SetPeerLimit(size);

    /// <summary>A request's head; Host becomes :authority. Returns the length.</summary>
    /// <param name="block">Where to.</param>
    /// <param name="head">The request.</param>
    /// <param name="scheme">http or https; CONNECT alone has none (8.5).</param>
    /// <param name="protocol">The request is an upgrade to this protocol: it goes out as extended CONNECT (RFC 8441 4). Empty: it is none.</param>
    public int WriteRequest(Span<byte> block, MessageHead head, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> protocol)
    {
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
        return n + WriteFields(block[n..], head, skipHost: true);
    }

    /// <summary>A response's head; 101 becomes 200: a tunnel over HTTP/2 is opened by that (RFC 8441 5). Returns the length.</summary>
    public int WriteResponse(Span<byte> block, MessageHead head)
    {
        int n = WriteStatus(block, head.Status == 101 ? 200 : head.Status);
        return n + WriteFields(block[n..], head, skipHost: false);
    }

    /// <summary>A response's status alone. Returns the length.</summary>
    public int WriteStatus(Span<byte> block, int status)
    {
        int n = _encoder.Begin(block);
        int index = status switch { 200 => 8, 204 => 9, 206 => 10, 304 => 11, 400 => 12, 404 => 13, 500 => 14, _ => 0 };
        if (index > 0)
        {
            return n + HpackEncoder.WriteStatic(block[n..], index);
        }
        // Literal without indexing, name of entry 8, three digits.
        (block[n], block[n + 1]) = (0x08, 3);
        status.TryFormat(block[(n + 2)..], out _);
        return n + 5;
    }

    /// <summary>Trailer fields; 0 if there are none that may be sent.</summary>
    public int WriteTrailers(Span<byte> block, MessageHead trailers)
    {
        int n = _encoder.Begin(block);
        return n + WriteFields(block[n..], trailers, skipHost: true);
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
}
