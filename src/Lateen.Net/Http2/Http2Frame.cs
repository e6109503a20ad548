using System.Buffers.Binary;

namespace Lateen.Net.Http2;

/// <summary>Frame types of RFC 9113 6.</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    RstStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Frame flags; the bit of <see cref="EndStream"/> says ACK in SETTINGS and PING.</summary>
[Flags]
internal enum Http2Flags : byte
{
    None = 0,
    EndStream = 1,
    EndHeaders = 4,
    Padded = 8,
    Priority = 32,
}

/// <summary>The nine bytes before every frame (RFC 9113 4.1): length 24, type 8, flags 8, reserved 1, stream 31.</summary>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameType Type, Http2Flags Flags, int StreamId)
{
    public const int Size = 9;

    public const Http2Flags Ack = Http2Flags.EndStream;

    public bool IsAck => (Flags & Ack) != 0;

    public bool IsEndStream => (Flags & Http2Flags.EndStream) != 0;

    public static Http2FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (bytes[0] << 16) | (bytes[1] << 8) | bytes[2], (Http2FrameType)bytes[3], (Http2Flags)bytes[4],
        (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]) & 0x7fff_ffff));

    public static void Write(Span<byte> bytes, int length, Http2FrameType type, Http2Flags flags, int streamId)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ((uint)length << 8) | (byte)type);
        bytes[4] = (byte)flags;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[5..], (uint)streamId);
    }
}
