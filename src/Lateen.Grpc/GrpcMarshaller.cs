using System.Buffers;
using Google.Protobuf;

namespace Lateen.Grpc;

/// <summary>How a message becomes bytes and back.</summary>
/// <param name="Size">The exact number of bytes that <paramref name="Write"/> will write.</param>
/// <param name="Write">Writes the message.</param>
/// <param name="Read">Reads the message from all of the bytes; throws when they are not one.</param>
public sealed record GrpcMarshaller<T>(
    Func<T, int> Size, Action<T, IBufferWriter<byte>> Write, Func<ReadOnlySequence<byte>, T> Read)
{
    /// <summary>Writes a long message piece by piece, flushing on the way; null writes it at once.</summary>
    public Func<T, Server.GrpcPieceWriter, ValueTask>? WriteInPieces { get; init; }

    /// <summary>The message compressed, for a client that takes gzip; null, or a null result, sends it as it is.</summary>
    public Func<T, Compression.GzipMessage?>? Compress { get; init; }
}

/// <summary>Marshallers for generated messages.</summary>
public static class GrpcMarshaller
{
    /// <summary>The marshaller of a generated protobuf message.</summary>
    public static GrpcMarshaller<T> Of<T>(MessageParser<T> parser)
        where T : IMessage<T> =>
        new(static m => m.CalculateSize(), static (m, output) => m.WriteTo(output), parser.ParseFrom);
}
