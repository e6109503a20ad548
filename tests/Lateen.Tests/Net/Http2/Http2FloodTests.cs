using System.Buffers.Binary;
using Lateen.Net.Http2;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Http2;

/// <summary>What costs a peer little and a server much ends the connection with ENHANCE_YOUR_CALM (RFC 9113 10.5).</summary>
public sealed class Http2FloodTests
{
    [Fact]
    public void RapidReset_OfHundredsOfStreams_IsStopped()
    {
        Http2Bed bed = new();
        int sent = 0;
        bool alive = true;
        for (; alive && sent < 2000; sent++)
        {
            alive = bed.Get(1 + (2 * sent)) && bed.Send(Http2FrameType.RstStream, 0, 1 + (2 * sent), [0, 0, 0, 8]);
        }

        bed.Failed.ShouldBe(Http2ErrorCode.EnhanceYourCalm);
        bed.Reason.ShouldBe("rapid resets");
        sent.ShouldBe(500);
    }

    [Fact]
    public void Resets_OfStreamsThatLivedLong_AreNoFlood()
    {
        Http2Bed bed = new();
        for (int i = 0; i < 1000; i++)
        {
            bed.Get(1 + (2 * i)).ShouldBeTrue();
            bed.Now += 1500;
            bed.Send(Http2FrameType.RstStream, 0, 1 + (2 * i), [0, 0, 0, 8]).ShouldBeTrue();
        }
    }

    [Fact]
    public void Pings_OfAPeerThatDoesNotRead_AreStopped() =>
        Flood(bed => bed.Send(Http2FrameType.Ping, 0, 0, new byte[8]), blocked: true).ShouldBeInRange(1000, 1001);

    [Fact]
    public void Settings_OfAPeerThatDoesNotRead_AreStopped() =>
        Flood(bed => bed.Send(Http2FrameType.Settings, 0, 0, []), blocked: true).ShouldBeInRange(1000, 1001);

    [Fact]
    public void Pings_OfAPeerThatReads_AreAnswered() =>
        Flood(bed => bed.Send(Http2FrameType.Ping, 0, 0, new byte[8]), blocked: false).ShouldBe(-1);

    [Fact]
    public void EmptyData_OneAfterTheOther_IsStopped() => Flood(bed => bed.Send(Http2FrameType.Data, 0, 1, [])).ShouldBe(2);

    [Fact]
    public void Priorities_WithoutStreams_AreStopped() => Flood(bed => bed.Send(Http2FrameType.Priority, 0, 1, new byte[5])).ShouldBe(201);

    [Fact]
    public void WindowUpdates_WithoutData_AreStopped() => Flood(bed => bed.WindowUpdate(0, 1)).ShouldBe(8);

    [Fact]
    public void Continuations_WithoutEnd_AreStopped()
    {
        Http2Bed bed = new();
        bed.Send(Http2FrameType.Headers, 0, 1, [0x82]);

        Flood(_ => bed.Send(Http2FrameType.Continuation, 0, 1, []), bed: bed).ShouldBe(Http2Limits.Default.MaximumContinuations + 1);
    }

    [Fact]
    public void Continuations_ThatGrow_AreStoppedByTheirBytes()
    {
        Http2Bed bed = new();
        bed.Send(Http2FrameType.Headers, 0, 1, [0x82]);

        Flood(_ => bed.Send(Http2FrameType.Continuation, 0, 1, new byte[16_384]), bed: bed).ShouldBeInRange(3, 6);
    }

    [Fact]
    public void Cookies_OfOneByteEach_StopAtTheLimits()
    {
        Http2Bed bed = new();
        // One entry of 4000 bytes, then thousands of references to it.
        byte[] name = "cookie"u8.ToArray();
        List<byte> block = [0x82, 0x86, 0x84, 0x41, 1, (byte)'a', 0x40, (byte)name.Length, .. name, 0x7f, 0xa1, 0x1e, .. Enumerable.Repeat((byte)'c', 4000)];
        block.AddRange(Enumerable.Repeat((byte)0xbe, 8000));

        bed.Send(Http2FrameType.Headers, 5, 1, [.. block]).ShouldBeTrue();

        bed.Events.ShouldContain("refused 1 TooLarge");
        bed.Streams[0].Head.FieldBytesBound.ShouldBeLessThan(64 * 1024);
    }

    [Fact]
    public void ZeroWindow_OfAStalledPeer_HoldsNoMoreThanWasGiven()
    {
        Http2Bed bed = new();
        byte[] window = [0, 4, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(window.AsSpan(2), 0);
        bed.Send(Http2FrameType.Settings, 0, 0, window);
        bed.Get(1);

        bed.Session.SendData(bed.Streams[0], new byte[10_000], endStream: false);

        bed.Streams[0].PendingLength.ShouldBe(10_000);
        bed.Send(Http2FrameType.RstStream, 0, 1, [0, 0, 0, 8]).ShouldBeTrue();
        bed.Streams[0].PendingLength.ShouldBe(0);
    }

    // Returns after how many frames the connection ended, -1 if it did not within 5000.
    private static int Flood(Func<Http2Bed, bool> send, bool blocked = false, Http2Bed? bed = null)
    {
        if (bed is null)
        {
            bed = new Http2Bed();
            bed.Post(1);
        }
        bed.IsOutputBlocked = blocked;
        for (int i = 1; i <= 5000; i++)
        {
            if (!send(bed))
            {
                bed.Failed.ShouldBe(Http2ErrorCode.EnhanceYourCalm);
                return i;
            }
        }
        return -1;
    }
}
