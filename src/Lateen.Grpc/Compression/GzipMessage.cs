using System.Buffers.Binary;

namespace Lateen.Grpc.Compression;

/// <summary>A message as one gzip member (RFC 1952), put together from fragments that many messages share and from bytes of its own.</summary>
public sealed class GzipMessage
{
    internal const int HeaderLength = 10;

    // Deflate, no flags, no time, system unknown.
    private static readonly byte[] Header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

    // RFC 1951, 3.2.4: a stored block has a byte for its type, its length and the complement of that.
    private const int BlockHead = 5;
    private const int MaxStored = ushort.MaxValue;

    private readonly List<ReadOnlyMemory<byte>> _pieces = [Header];
    private uint _crc;
    private uint _size;

    /// <summary>Bytes of the compressed message so far.</summary>
    public int Length { get; private set; } = HeaderLength;

    internal IReadOnlyList<ReadOnlyMemory<byte>> Pieces => _pieces;

    /// <summary>Goes on with a fragment.</summary>
    public void Add(GzipFragment fragment)
    {
        _crc = Crc32.Combine(_crc, fragment.Crc, fragment.Shift);
        _size += (uint)fragment.Size;
        Append(fragment.Blocks);
    }

    /// <summary>Goes on with bytes that are not worth compressing; they are copied.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        _crc = Crc32.Append(_crc, bytes);
        _size += (uint)bytes.Length;
        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, MaxStored)..])
        {
            Append(Stored(bytes[..Math.Min(bytes.Length, MaxStored)], isLast: false));
        }
    }

    /// <summary>Nothing follows.</summary>
    public void End()
    {
        var trailer = new byte[BlockHead + 8];
        Stored([], isLast: true).CopyTo(trailer, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(BlockHead), _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(BlockHead + 4), _size);
        Append(trailer);
    }

    private static byte[] Stored(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var block = new byte[BlockHead + bytes.Length];
        block[0] = isLast ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(1), (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), (ushort)~bytes.Length);
        bytes.CopyTo(block.AsSpan(BlockHead));
        return block;
    }

    private void Append(ReadOnlyMemory<byte> piece)
    {
        _pieces.Add(piece);
        Length = checked(Length + piece.Length);
    }
}
