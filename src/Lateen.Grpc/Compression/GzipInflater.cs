using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Lateen.Grpc.Compression;

/// <summary>Inflates messages that a peer compressed; how much becomes of one is bounded before it is done.</summary>
internal static class GzipInflater
{
    /// <summary>The name of the encoding in grpc-encoding and grpc-accept-encoding.</summary>
    public const string Encoding = "gzip";

    // Header, an empty block and the trailer.
    private const int MinLength = 20;

    // As a body's buffers are: one array for all of a long message would stay with a process that wants it once.
    private const int SegmentLength = 32 << 10;

    /// <summary>Reads a message out of what it inflates to.</summary>
    /// <exception cref="GrpcException">It is longer than the limit (ResourceExhausted), or it is not one gzip member (Internal).</exception>
    public static T Read<T>(ReadOnlySequence<byte> compressed, Func<ReadOnlySequence<byte>, T> read, int maxLength)
    {
        if (compressed.Length < MinLength)
        {
            throw Bad("it is too short to be gzip", null);
        }

        // RFC 1952, 2.3.1: the last four bytes are the length of what was compressed. One that says less than is in it is refused when more comes.
        Span<byte> tail = stackalloc byte[4];
        compressed.Slice(compressed.Length - tail.Length).CopyTo(tail);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length > maxLength)
        {
            throw new GrpcException(GrpcStatusCode.ResourceExhausted, $"message of {length} bytes when inflated is longer than the limit of {maxLength}");
        }

        var rented = new List<byte[]> { ArrayPool<byte>.Shared.Rent((int)compressed.Length) };
        try
        {
            compressed.CopyTo(rented[0]);
            using var gzip = new GZipStream(new MemoryStream(rented[0], 0, (int)compressed.Length), CompressionMode.Decompress);
            return read(Inflate(gzip, length, rented));
        }
        catch (InvalidDataException e)
        {
            throw Bad(e.Message, e);
        }
        finally
        {
            rented.ForEach(bytes => ArrayPool<byte>.Shared.Return(bytes));
        }
    }

    private static ReadOnlySequence<byte> Inflate(GZipStream gzip, uint length, List<byte[]> rented)
    {
        Segment? first = null, last = null;
        long filled = 0;
        bool isFull;
        do
        {
            var bytes = ArrayPool<byte>.Shared.Rent(SegmentLength);
            rented.Add(bytes);
            var read = gzip.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            last = new Segment(bytes.AsMemory(0, read), last);
            first ??= last;
            filled += read;
            isFull = read == bytes.Length;
        }
        while (isFull && filled <= length);
        return filled == length
            ? new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length)
            : throw Bad($"it says that it holds {length} bytes and does not", null);
    }

    private static GrpcException Bad(string why, Exception? cause) =>
        new(GrpcStatusCode.Internal, $"compressed message cannot be inflated: {why}", cause);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> bytes, Segment? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
