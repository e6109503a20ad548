using System.Buffers.Binary;
using System.Text;
using Lateen.Net.Hpack;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Tests.Net.Hpack;

namespace Lateen.Tests.Net.Http2;

/// <summary>A server's session without a socket: the test plays the client, frame by frame.</summary>
internal sealed class Http2Bed : IHttp2Connection
{
    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new(4096, new byte[64 * 1024]);
    private byte[] _output = new byte[1 << 20];
    private int _length;

    public Http2Bed(Http2Limits? limits = null, bool greet = true)
    {
        Session = new Http2Session(isServer: true, this, limits ?? Http2Limits.Default, new BufferPool(), new byte[128 * 1024]);
        Session.Start();
        if (greet)
        {
            Session.Receive(Http2Session.Preface);
            Send(Http2FrameType.Settings, 0, 0, []);
            Frames();
        }
    }

    public Http2Session Session { get; }

    public List<BedStream> Streams { get; } = [];

    /// <summary>What streams and connection were told, one line each.</summary>
    public List<string> Events { get; } = [];

    public Http2ErrorCode? Failed { get; private set; }

    public string Reason { get; private set; } = "";

    public long Now { get; set; } = 10_000;

    public bool IsOutputBlocked { get; set; }

    /// <summary>Sends a frame; false if the session is over.</summary>
    public bool Send(Http2FrameType type, int flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[Http2FrameHeader.Size + payload.Length];
        Http2FrameHeader.Write(frame, payload.Length, type, (Http2Flags)flags, stream);
        payload.CopyTo(frame.AsSpan(Http2FrameHeader.Size));
        return Session.Receive(frame);
    }

    public bool Headers(int stream, bool end, params string[] fields) => Send(Http2FrameType.Headers, 4 | (end ? 1 : 0), stream, Block(fields));

    public bool Get(int stream, params string[] more) =>
        Headers(stream, end: true, [":method: GET", ":scheme: http", ":path: /", ":authority: a", .. more]);

    public bool Post(int stream, params string[] more) =>
        Headers(stream, end: false, [":method: POST", ":scheme: http", ":path: /", ":authority: a", .. more]);

    public bool WindowUpdate(int stream, int increment)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, increment);
        return Send(Http2FrameType.WindowUpdate, 0, stream, payload);
    }

    public byte[] Block(params string[] fields)
    {
        byte[] block = new byte[1 << 20];
        int n = _encoder.Begin(block);
        foreach (string field in fields)
        {
            int colon = field.IndexOf(": ", StringComparison.Ordinal);
            n += _encoder.Write(block.AsSpan(n), Encoding.Latin1.GetBytes(field[..colon]), Encoding.Latin1.GetBytes(field[(colon + 2)..]));
        }
        return block[..n];
    }

    /// <summary>The frames written since the last call, one line each: type, stream, flags, and fields or length.</summary>
    public List<string> Frames()
    {
        List<string> lines = [];
        ReadOnlySpan<byte> left = _output.AsSpan(0, _length);
        while (!left.IsEmpty)
        {
            Http2FrameHeader header = Http2FrameHeader.Read(left);
            ReadOnlySpan<byte> payload = left.Slice(Http2FrameHeader.Size, header.Length);
            left = left[(Http2FrameHeader.Size + header.Length)..];
            string what = header.Type switch
            {
                Http2FrameType.Headers => string.Join(", ", Decode(payload)),
                Http2FrameType.RstStream => ((Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload)).ToString(),
                Http2FrameType.GoAway => $"last {BinaryPrimitives.ReadInt32BigEndian(payload)} {(Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..])}",
                Http2FrameType.WindowUpdate => BinaryPrimitives.ReadInt32BigEndian(payload).ToString(),
                _ => header.Length.ToString(),
            };
            lines.Add($"{header.Type} {header.StreamId}{(header.IsEndStream ? " end" : "")} {what}");
        }
        _length = 0;
        return lines;
    }

    public Span<byte> Reserve(int size)
    {
        if (_length + size > _output.Length)
        {
            Array.Resize(ref _output, (_length + size) * 2);
        }
        return _output.AsSpan(_length, size);
    }

    public void Commit(int written) => _length += written;

    public void Write(ReadOnlySpan<byte> data)
    {
        data.CopyTo(Reserve(data.Length));
        _length += data.Length;
    }

    public Http2Stream? AcceptStream()
    {
        BedStream stream = new(this);
        Streams.Add(stream);
        return stream;
    }

    public void OnStreamClosed(Http2Stream stream) => Events.Add($"closed {stream.Id}");

    public void OnSettings()
    {
    }

    public void OnGoAway(int lastStream, Http2ErrorCode code) => Events.Add($"goaway {lastStream} {code}");

    public void OnFailed(Http2ErrorCode code, string reason) => (Failed, Reason) = (code, reason);

    private List<string> Decode(ReadOnlySpan<byte> block)
    {
        FieldList fields = new();
        if (!_decoder.TryDecode(block, fields))
        {
            throw new InvalidOperationException("the session's field block does not decode");
        }
        return fields.Fields;
    }
}

/// <summary>A stream that notes what it is told.</summary>
internal sealed class BedStream(Http2Bed bed) : Http2Stream
{
    public override MessageHead Head { get; } = new();

    public override MessageHead Trailers { get; } = new();

    public long Received { get; private set; }

    public override void OnHead(bool endStream) =>
        bed.Events.Add($"head {Id}{(endStream ? " end" : "")} {Encoding.ASCII.GetString(Head.Method)} {Encoding.ASCII.GetString(Head.Target)}");

    public override void OnHeadRefused(FieldBlockStatus status) => bed.Events.Add($"refused {Id} {status}");

    public override void OnData(ReadOnlySpan<byte> data, bool endStream)
    {
        Received += data.Length;
        bed.Events.Add($"data {Id} {data.Length}{(endStream ? " end" : "")}");
    }

    public override void OnTrailers() => bed.Events.Add($"trailers {Id} {Trailers.FieldCount}");

    public override void OnDrained() => bed.Events.Add($"drained {Id}");

    public override void OnReset(Http2ErrorCode code, bool byPeer) => bed.Events.Add($"reset {Id} {code}{(byPeer ? " by peer" : "")}");
}
