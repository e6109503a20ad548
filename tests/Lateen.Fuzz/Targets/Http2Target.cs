using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;

namespace Lateen.Fuzz.Targets;

/// <summary>A server's session: cut anywhere it does the same, what it writes are frames, and every stream hears of its end at most once.</summary>
internal sealed class Http2Target : FuzzTarget
{
    public override string Name => "http2";

    public override byte[][] Seeds =>
    [
        [.. Frame(4, 0, 0, []), .. Frame(1, 5, 1, [0x82, 0x86, 0x84, 0x41, 1, (byte)'a'])],
        [.. Frame(4, 0, 0, [0, 4, 0, 0, 0, 9]), .. Frame(1, 4, 1, [0x83, 0x86, 0x84, 0x41, 1, (byte)'a']), .. Frame(0, 8, 1, [2, 65, 66, 0, 0]),
            .. Frame(8, 0, 1, [0, 0, 0, 9]), .. Frame(1, 5, 1, [0, 1, (byte)'x', 1, (byte)'y'])],
        [.. Frame(4, 0, 0, []), .. Frame(1, 1, 1, [0x82, 0x86]), .. Frame(9, 4, 1, [0x84, 0x41, 1, (byte)'a']), .. Frame(3, 0, 1, [0, 0, 0, 8]),
            .. Frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), .. Frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0])],
        [.. Frame(4, 0, 0, []), .. Frame(1, 0x2d, 3, [1, 0, 0, 0, 0, 16, 0x82, 0x86, 0x84, 0x41, 1, (byte)'a', 0]), .. Frame(2, 0, 3, [0, 0, 0, 0, 1])],
    ];

    public override void Check(byte[] input, Random random)
    {
        byte[] all = [.. Http2Session.Preface, .. input];
        Peer whole = new(), pieces = new();
        whole.Session.Receive(all);
        InPieces(all, random, piece => pieces.Session.Receive(piece.Span));
        whole.CheckOutput();
        Require(whole.Events.ToString() == pieces.Events.ToString(), $"whole: {whole.Events}\nin pieces: {pieces.Events}");
        Require(whole.Failed == pieces.Failed, $"whole ended with {whole.Failed}, in pieces with {pieces.Failed}");
    }

    private static byte[] Frame(int type, int flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[Http2FrameHeader.Size + payload.Length];
        Http2FrameHeader.Write(frame, payload.Length, (Http2FrameType)type, (Http2Flags)flags, stream);
        payload.CopyTo(frame, Http2FrameHeader.Size);
        return frame;
    }

    private sealed class Peer : IHttp2Connection
    {
        private byte[] _output = new byte[4096];
        private int _length;

        public Peer()
        {
            Session = new Http2Session(isServer: true, this, Http2Limits.Default with { MaximumStreams = 4 }, new BufferPool(), new byte[64 * 1024]);
            Session.Start();
        }

        public Http2Session Session { get; }

        public StringBuilder Events { get; } = new();

        public Http2ErrorCode? Failed { get; private set; }

        public long Now => 0;

        public bool IsOutputBlocked => false;

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

        public Http2Stream? AcceptStream() => new Stream(this);

        public void OnStreamClosed(Http2Stream stream) => Events.Append($"closed {stream.Id};");

        public void OnSettings()
        {
        }

        public void OnGoAway(int lastStream, Http2ErrorCode code) => Events.Append($"goaway {lastStream};");

        public void OnFailed(Http2ErrorCode code, string reason) => Failed = code;

        public void CheckOutput()
        {
            ReadOnlySpan<byte> left = _output.AsSpan(0, _length);
            while (!left.IsEmpty)
            {
                Require(left.Length >= Http2FrameHeader.Size, "a frame header is cut");
                Http2FrameHeader header = Http2FrameHeader.Read(left);
                Require(header.Length <= Http2Settings.DefaultFrameSize && left.Length >= Http2FrameHeader.Size + header.Length, "a frame is cut or too large");
                left = left[(Http2FrameHeader.Size + header.Length)..];
            }
        }
    }

    private sealed class Stream(Peer peer) : Http2Stream
    {
        private int _ends;

        public override MessageHead Head { get; } = new();

        public override MessageHead Trailers { get; } = new();

        public override void OnHead(bool endStream)
        {
            peer.Events.Append($"head {Id} {Encoding.Latin1.GetString(Head.Method)} {Encoding.Latin1.GetString(Head.Target)} {Head.FieldCount};");
            Require(HttpSyntax.IsToken(Head.Method), "the method is no token");
            foreach (ref readonly FieldLine line in Head.Fields)
            {
                Require(HttpSyntax.IsToken(Head.NameOf(line)) && Head.ValueOf(line).IndexOfAny(HttpSyntax.BadInValue) < 0, "a field that HTTP/1 could read otherwise");
            }
            End(endStream);
            MessageHead answer = new();
            answer.StartResponse(200);
            peer.Session.SendResponse(this, answer, endStream: false);
            peer.Session.SendData(this, new byte[100], endStream: Id % 4 == 1);
        }

        public override void OnHeadRefused(FieldBlockStatus status) => peer.Events.Append($"refused {Id};");

        public override void OnData(ReadOnlySpan<byte> data, bool endStream)
        {
            foreach (byte b in data)
            {
                peer.Events.Append($"{Id}:{b};");
            }
            End(endStream);
        }

        public override void OnTrailers()
        {
            peer.Events.Append($"trailers {Id};");
            End(true);
        }

        public override void OnDrained()
        {
        }

        public override void OnReset(Http2ErrorCode code, bool byPeer) => peer.Events.Append($"reset {Id} {code};");

        private void End(bool ends)
        {
            _ends += ends ? 1 : 0;
            Require(_ends <= 1, "a stream has ended twice");
        }
    }
}
