using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Http2;

/// <summary>A server's session by the rules of RFC 9113; numbers in names are its sections.</summary>
public sealed class Http2SessionTests
{
    [Fact]
    public void Request_WithBodyAndTrailers_IsDelivered()
    {
        Http2Bed bed = new();

        bed.Post(1, "content-length: 5", "cookie: a=1", "cookie: b=2").ShouldBeTrue();
        bed.Send(Http2FrameType.Data, 0, 1, "hello"u8);
        bed.Headers(1, end: true, "x-sum: 7").ShouldBeTrue();

        bed.Events.ShouldBe(["head 1 POST /", "data 1 5", "trailers 1 1"]);
        MessageHead head = bed.Streams[0].Head;
        Encoding.ASCII.GetString(head.Get(HttpField.Host)).ShouldBe("a");
        Encoding.ASCII.GetString(head.Get(HttpField.Cookie)).ShouldBe("a=1; b=2");
        head.ContentLength.ShouldBe(5);
    }

    [Fact]
    public void Input_CutAtEveryByte_GivesTheSameEvents()
    {
        Http2Bed whole = new(greet: false), pieces = new(greet: false), source = new(greet: false);
        byte[] block = source.Block(":method: POST", ":scheme: http", ":path: /x", ":authority: a");
        List<byte> input = [.. Http2Session.Preface];
        input.AddRange(Frame(Http2FrameType.Settings, 0, 0, []));
        input.AddRange(Frame(Http2FrameType.Headers, 4, 1, block));
        input.AddRange(Frame(Http2FrameType.Data, 8 | 1, 1, [3, .. "body"u8, 0, 0, 0]));

        whole.Session.Receive([.. input]).ShouldBeTrue();
        foreach (byte b in input)
        {
            pieces.Session.Receive([b]).ShouldBeTrue();
        }

        whole.Events.ShouldBe(["head 1 POST /x", "data 1 4 end"]);
        pieces.Streams[0].Received.ShouldBe(4);
        pieces.Events[^1].ShouldEndWith("end");
    }

    [Fact]
    public void Response_LargerThanTheWindow_WaitsForUpdates()
    {
        Http2Bed bed = new();
        bed.Get(1);
        BedStream stream = bed.Streams[0];

        bed.Session.SendData(stream, new byte[70_000], endStream: true);
        bed.Frames().Sum(f => int.Parse(f.Split(' ')[^1])).ShouldBe(65_535);
        stream.PendingLength.ShouldBe(70_000 - 65_535);
        bed.WindowUpdate(1, 100_000);
        bed.Frames().ShouldBeEmpty("the connection's window is still closed");
        bed.WindowUpdate(0, 100_000);

        bed.Frames().ShouldBe([$"Data 1 end {70_000 - 65_535}"]);
        bed.Events[^1].ShouldBe("closed 1");
    }

    [Fact]
    public void Trailers_BehindDataThatWaits_ComeLast()
    {
        Http2Bed bed = new();
        bed.Get(1);
        MessageHead trailers = new();
        trailers.Add("grpc-status"u8, "0"u8);

        bed.Session.SendData(bed.Streams[0], new byte[66_000], endStream: false);
        bed.Session.SendTrailers(bed.Streams[0], trailers);
        trailers.Reset();
        bed.Frames();
        bed.WindowUpdate(0, 100_000);
        bed.WindowUpdate(1, 100_000);

        bed.Frames().ShouldBe(["Data 1 465", "Headers 1 end grpc-status: 0"]);
    }

    [Fact]
    public void Streams_OnAClosedConnectionWindow_TakeTurns()
    {
        Http2Bed bed = new();
        bed.Get(1);
        bed.Get(3);
        bed.Session.SendData(bed.Streams[0], new byte[65_535], endStream: false);
        bed.Session.SendData(bed.Streams[0], new byte[40_000], endStream: true);
        bed.Session.SendData(bed.Streams[1], new byte[40_000], endStream: true);
        bed.Frames();
        bed.WindowUpdate(1, 100_000);

        bed.WindowUpdate(0, 32_768);

        bed.Frames().Select(f => f.Split(' ')[1]).ShouldBe(["1", "3"]);
    }

    [Fact]
    public void Owner_ThatPauses_GrantsNoWindow()
    {
        Http2Bed bed = new(Http2Limits.Default with { StreamWindow = 65_535, ConnectionWindow = 65_535 });
        bed.Post(1);
        bed.Frames();
        Http2Session.Pause(bed.Streams[0]);
        for (int i = 0; i < 3; i++)
        {
            bed.Send(Http2FrameType.Data, 0, 1, new byte[16_384]).ShouldBeTrue();
        }
        bed.Frames().ShouldBeEmpty();

        bed.Session.Resume(bed.Streams[0]);

        bed.Frames().ShouldBe(["WindowUpdate 0 49152", "WindowUpdate 1 49152"]);
        bed.Send(Http2FrameType.Data, 0, 1, new byte[16_384]).ShouldBeTrue();
    }

    [Fact]
    public void Data_BeyondTheStreamsWindow_6_9_1_ResetsTheStream()
    {
        Http2Bed bed = new(Http2Limits.Default with { StreamWindow = 65_535 });
        bed.Post(1);
        Http2Session.Pause(bed.Streams[0]);
        for (int i = 0; i < 4; i++)
        {
            bed.Send(Http2FrameType.Data, 0, 1, new byte[16_384]).ShouldBeTrue();
        }

        bed.Events.ShouldContain("reset 1 FlowControlError");
        bed.Failed.ShouldBeNull();
    }

    [Fact]
    public void Settings_ThatShrinkTheWindow_6_9_2_MoveOpenStreams()
    {
        Http2Bed bed = new();
        bed.Get(1);
        bed.Session.SendData(bed.Streams[0], new byte[1000], endStream: false);
        bed.Frames();

        bed.Send(Http2FrameType.Settings, 0, 0, [0, 4, 0, 0, 0, 100]).ShouldBeTrue();
        bed.Session.SendData(bed.Streams[0], new byte[50], endStream: true);
        bed.Frames().ShouldBe(["Settings 0 end 0"]);
        bed.WindowUpdate(1, 950);

        bed.Frames().ShouldBe(["Data 1 end 50"]);
    }

    [Theory]
    [InlineData("x-Upper: 1")]
    [InlineData("connection: close")]
    [InlineData("transfer-encoding: chunked")]
    [InlineData("upgrade: websocket")]
    [InlineData("te: gzip")]
    [InlineData("x: a\nb")]
    [InlineData("x:  a")]
    [InlineData("x y: a")]
    [InlineData("content-length: -1")]
    [InlineData(":path: /again")]
    [InlineData(":unknown: 1")]
    [InlineData("host: other")]
    public void Field_ThatIsMalformed_8_1_1_ResetsTheStreamOnly(string field)
    {
        Http2Bed bed = new();

        bed.Get(1, "a: b", field).ShouldBeTrue();
        bed.Get(3).ShouldBeTrue();

        bed.Frames().ShouldContain("RstStream 1 ProtocolError");
        bed.Events.ShouldContain("head 3 end GET /");
        bed.Events.ShouldNotContain("head 1 end GET /");
    }

    [Theory]
    [InlineData(":scheme: http", ":path: /")]
    [InlineData(":method: GET", ":path: /")]
    [InlineData(":method: GET", ":scheme: http")]
    [InlineData(":method: GET", ":scheme: http", ":path: ")]
    [InlineData(":method: CONNECT", ":scheme: http", ":path: /", ":authority: a")]
    [InlineData(":method: G T", ":scheme: http", ":path: /")]
    [InlineData(":method: GET", ":scheme: http", ":path: /a b")]
    [InlineData("a: b", ":method: GET", ":scheme: http", ":path: /")]
    public void Request_WithoutItsPseudoHeaders_8_3_1_ResetsTheStream(params string[] fields)
    {
        Http2Bed bed = new();

        bed.Headers(1, end: true, fields).ShouldBeTrue();

        bed.Frames().ShouldContain("RstStream 1 ProtocolError");
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(6, false)]
    public void ContentLength_ThatDataContradicts_8_1_1_ResetsTheStream(int length, bool end)
    {
        Http2Bed bed = new();
        bed.Post(1, "content-length: 5");

        bed.Send(Http2FrameType.Data, end ? 1 : 0, 1, new byte[length]);

        bed.Events.ShouldContain("reset 1 ProtocolError");
    }

    [Theory]
    [InlineData(0, 0, "00", nameof(Http2ErrorCode.ProtocolError))] // DATA on stream 0
    [InlineData(0, 5, "00", nameof(Http2ErrorCode.ProtocolError))] // DATA on an idle stream
    [InlineData(3, 5, "00000000", nameof(Http2ErrorCode.ProtocolError))] // RST_STREAM on an idle stream
    [InlineData(3, 1, "0000", nameof(Http2ErrorCode.FrameSizeError))]
    [InlineData(8, 5, "00000001", nameof(Http2ErrorCode.ProtocolError))] // WINDOW_UPDATE on an idle stream
    [InlineData(8, 0, "00000000", nameof(Http2ErrorCode.ProtocolError))] // of nothing
    [InlineData(8, 0, "7fffffff", nameof(Http2ErrorCode.FlowControlError))] // beyond 2^31-1
    [InlineData(4, 0, "000400000000ff", nameof(Http2ErrorCode.FrameSizeError))]
    [InlineData(4, 1, "", nameof(Http2ErrorCode.ProtocolError))] // SETTINGS on a stream
    [InlineData(4, 0, "000480000000", nameof(Http2ErrorCode.FlowControlError))]
    [InlineData(4, 0, "000500000001", nameof(Http2ErrorCode.ProtocolError))]
    [InlineData(4, 0, "000200000002", nameof(Http2ErrorCode.ProtocolError))]
    [InlineData(6, 0, "0000", nameof(Http2ErrorCode.FrameSizeError))]
    [InlineData(5, 1, "00000002", nameof(Http2ErrorCode.ProtocolError))] // PUSH_PROMISE
    [InlineData(9, 1, "", nameof(Http2ErrorCode.ProtocolError))] // CONTINUATION out of place
    [InlineData(1, 2, "82", nameof(Http2ErrorCode.ProtocolError))] // an even stream
    [InlineData(1, 5, "be", nameof(Http2ErrorCode.CompressionError))]
    [InlineData(2, 1, "00", nameof(Http2ErrorCode.FrameSizeError))]
    public void Frame_ThatIsWrong_EndsTheConnection(int type, int stream, string payload, string code)
    {
        Http2Bed bed = new();
        bed.Post(1);
        bed.Frames();

        bed.Send((Http2FrameType)type, 4, stream, Convert.FromHexString(payload)).ShouldBeFalse();

        bed.Failed.ToString().ShouldBe(code);
        bed.Frames()[^1].ShouldMatch($"^GoAway 0 .*last [15] {code}$");
        bed.Events.ShouldContain($"reset 1 {code} by peer");
    }

    [Fact]
    public void Stream_ThatIsNotAscending_5_1_1_EndsTheConnection()
    {
        Http2Bed bed = new();
        bed.Get(5);
        bed.Session.SendData(bed.Streams[0], [], endStream: true);

        bed.Get(3).ShouldBeFalse();

        bed.Failed.ShouldBe(Http2ErrorCode.StreamClosed);
    }

    [Fact]
    public void Stream_AboveTheLimit_5_1_2_IsRefusedAndTheTableFollows()
    {
        Http2Bed bed = new(Http2Limits.Default with { MaximumStreams = 1 });
        bed.Get(1, "x: the same").ShouldBeTrue();
        bed.Get(3, "x: the same").ShouldBeTrue();
        bed.Frames().ShouldContain("RstStream 3 RefusedStream");
        bed.Session.SendData(bed.Streams[0], [], endStream: true);

        bed.Get(5, "x: the same").ShouldBeTrue();

        bed.Streams.Count.ShouldBe(2);
        Encoding.ASCII.GetString(bed.Streams[1].Head.TryGet("x"u8, out ReadOnlySpan<byte> value) ? value : []).ShouldBe("the same");
    }

    [Fact]
    public void Ping_IsAnsweredWithItsBytes()
    {
        Http2Bed bed = new();

        bed.Send(Http2FrameType.Ping, 0, 0, new byte[8]);

        bed.Frames().ShouldBe(["Ping 0 end 8"]);
    }

    [Fact]
    public void Head_InContinuations_IsPutTogether()
    {
        Http2Bed bed = new();
        byte[] block = bed.Block(":method: GET", ":scheme: http", ":path: /long", ":authority: a", "x: " + new string('y', 3000));

        bed.Send(Http2FrameType.Headers, 1, 1, block.AsSpan(0, 1000)).ShouldBeTrue();
        bed.Send(Http2FrameType.Continuation, 0, 1, block.AsSpan(1000, 1000)).ShouldBeTrue();
        bed.Send(Http2FrameType.Continuation, 4, 1, block.AsSpan(2000)).ShouldBeTrue();

        bed.Events.ShouldBe(["head 1 end GET /long"]);
    }

    [Fact]
    public void FieldBlock_Interrupted_6_10_EndsTheConnection()
    {
        Http2Bed bed = new();
        bed.Send(Http2FrameType.Headers, 0, 1, [0x82]);

        bed.Send(Http2FrameType.Ping, 0, 0, new byte[8]).ShouldBeFalse();

        bed.Failed.ShouldBe(Http2ErrorCode.ProtocolError);
    }

    [Fact]
    public void Head_LargerThanTheLimit_IsRefusedAndTheConnectionGoesOn()
    {
        Http2Bed bed = new(Http2Limits.Default with { Head = new HeadLimits(4096, 50) });

        bed.Get(1, [.. Enumerable.Range(0, 5).Select(i => $"x{i}: {new string('y', 1000)}")]).ShouldBeTrue();
        bed.Get(3, [.. Enumerable.Range(0, 60).Select(i => $"x{i}: y")]).ShouldBeTrue();
        bed.Get(5).ShouldBeTrue();

        bed.Events.ShouldContain("refused 1 TooLarge");
        bed.Events.ShouldContain("refused 3 TooManyFields");
        bed.Events.ShouldContain("head 5 end GET /");
    }

    private static byte[] Frame(Http2FrameType type, int flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[Http2FrameHeader.Size + payload.Length];
        Http2FrameHeader.Write(frame, payload.Length, type, (Http2Flags)flags, stream);
        payload.CopyTo(frame, Http2FrameHeader.Size);
        return frame;
    }
}
