using System.Buffers.Binary;
using System.IO.Compression;

namespace Lateen.Grpc.Compression;

/// <summary>Bytes compressed once, to be part of any number of messages; immutable.</summary>
/// <remarks>
/// They are whole deflate blocks that end on a byte and refer to nothing before them (RFC 1951: an empty stored block, as a flush writes it, ends
/// on a byte), so fragments may follow each other in any order.
/// </remarks>
public sealed class GzipFragment
{
    private const int TrailerLength = 8;

    private GzipFragment(ReadOnlyMemory<byte> blocks, int size, uint crc) =>
        (Blocks, Size, Crc, Shift) = (blocks, size, crc, Crc32.ShiftOf(size));

    /// <summary>Bytes that it inflates to.</summary>
    public int Size { get; }

    internal ReadOnlyMemory<byte> Blocks { get; }

    internal uint Crc { get; }

    internal uint Shift { get; }

    /// <summary>Compresses bytes that lie in pieces.</summary>
    public static GzipFragment Of(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var size = 0;
        using var output = new MemoryStream();
        int end;
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var piece in pieces)
            {
                gzip.Write(piece.Span);
                size = checked(size + piece.Length);
            }

            gzip.Flush();
            end = (int)output.Length;
        }

        // What comes behind the flush is the end of a file: a last block, the checksum and the length.
        var file = output.GetBuffer().AsSpan(0, (int)output.Length);
        return new GzipFragment(
            file[GzipMessage.HeaderLength..end].ToArray(), size, BinaryPrimitives.ReadUInt32LittleEndian(file[^TrailerLength..]));
    }
}
