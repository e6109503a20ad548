using System.Buffers.Binary;

namespace Lateen.Net.ProxyProtocol;

/// <summary>Type-length-value records of a PROXY header of version 2, as a value: kept for an upstream that is to be told them.</summary>
internal sealed class ProxyRecords : IEquatable<ProxyRecords>
{
    private const int HeadLength = 3;

    private readonly byte[] _bytes;

    private ProxyRecords(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>True if the bytes are a row of whole records.</summary>
    public static bool AreWhole(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= HeadLength)
        {
            int end = HeadLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
            if (end > bytes.Length)
            {
                return false;
            }
            bytes = bytes[end..];
        }
        return bytes.IsEmpty;
    }

    /// <summary>The records whose type is wanted, in their order; null if there is none.</summary>
    /// <param name="records">Whole records (see <see cref="AreWhole"/>).</param>
    /// <param name="wanted">Asked of each type.</param>
    public static ProxyRecords? Select(ReadOnlySpan<byte> records, Func<byte, bool> wanted)
    {
        List<byte> kept = [];
        while (TryNext(ref records, out byte type, out ReadOnlySpan<byte> value))
        {
            if (wanted(type))
            {
                kept.Add(type);
                kept.Add((byte)(value.Length >> 8));
                kept.Add((byte)value.Length);
                kept.AddRange(value);
            }
        }
        return kept.Count > 0 ? new ProxyRecords([.. kept]) : null;
    }

    /// <summary>Takes the next record off the front; false at the end.</summary>
    public static bool TryNext(ref ReadOnlySpan<byte> records, out byte type, out ReadOnlySpan<byte> value)
    {
        if (records.IsEmpty)
        {
            type = 0;
            value = [];
            return false;
        }
        int length = BinaryPrimitives.ReadUInt16BigEndian(records[1..]);
        type = records[0];
        value = records.Slice(HeadLength, length);
        records = records[(HeadLength + length)..];
        return true;
    }

    public bool Equals(ProxyRecords? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => Equals(obj as ProxyRecords);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }
}
