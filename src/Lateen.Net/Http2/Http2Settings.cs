using System.Buffers.Binary;

namespace Lateen.Net.Http2;

/// <summary>A peer's settings (RFC 9113 6.5.2).</summary>
internal struct Http2Settings
{
    public const int DefaultFrameSize = 16384, DefaultWindow = 65535;

    public int HeaderTableSize;
    public int InitialWindow;
    public int MaximumFrameSize;
    public uint MaximumStreams;
    public bool EnableConnect;

    public static Http2Settings Initial => new()
    {
        HeaderTableSize = 4096, InitialWindow = DefaultWindow, MaximumFrameSize = DefaultFrameSize, MaximumStreams = uint.MaxValue,
    };

    /// <summary>Takes over a SETTINGS payload; every value the RFC forbids is an error of the connection. Unknown settings are ignored.</summary>
    public Http2ErrorCode Apply(ReadOnlySpan<byte> payload)
    {
        for (; payload.Length >= 6; payload = payload[6..])
        {
            uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case 1:
                    HeaderTableSize = (int)Math.Min(value, int.MaxValue);
                    break;
                case 2 when value > 1:
                    return Http2ErrorCode.ProtocolError;
                case 3:
                    MaximumStreams = value;
                    break;
                case 4 when value > int.MaxValue:
                    return Http2ErrorCode.FlowControlError;
                case 4:
                    InitialWindow = (int)value;
                    break;
                case 5 when value is < DefaultFrameSize or > 0xff_ffff:
                    return Http2ErrorCode.ProtocolError;
                case 5:
                    MaximumFrameSize = (int)value;
                    break;
                case 8 when value > 1:
                    return Http2ErrorCode.ProtocolError;
                case 8:
                    EnableConnect = value == 1;
                    break;
            }
        }
        return Http2ErrorCode.NoError;
    }

    /// <summary>One setting of ours.</summary>
    public static int Write(Span<byte> destination, ushort id, uint value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], value);
        return 6;
    }
}
