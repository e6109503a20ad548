using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Lateen.Proxy.Export;

/// <summary>Writes protobuf fields of OTLP messages by number (opentelemetry-proto 1.x): a handful of fields do not need generated code.</summary>
internal sealed class OtlpWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public OtlpWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public OtlpWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public OtlpWriter Number(int field, ulong value)
    {
        Varint((ulong)field << 3);
        Varint(value);
        return this;
    }

    public OtlpWriter Fixed64(int field, ulong value)
    {
        Varint(((ulong)field << 3) | 1);
        Span<byte> raw = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(raw, value);
        _bytes.Write(raw);
        return this;
    }

    public OtlpWriter Message(int field, OtlpWriter inner) => Bytes(field, inner.ToArray());

    /// <summary>A KeyValue with a string value.</summary>
    public OtlpWriter Attribute(int field, string key, string value) =>
        Message(field, new OtlpWriter().Text(1, key).Message(2, new OtlpWriter().Text(1, value)));

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }
        Byte((byte)value);
    }

    private void Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
