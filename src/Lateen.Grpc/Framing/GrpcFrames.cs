using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Lateen.Grpc.Framing;

/// <summary>Length-prefixed messages. gRPC over HTTP/2: <c>Compressed-Flag (1 byte) Message-Length (4 bytes, big endian) Message</c>.</summary>
internal static class GrpcFrames
{
    public const int PrefixLength = 5;

    /// <summary>The largest message a side accepts unless it is told otherwise: xDS answers of big meshes exceed gRPC's usual 4 MiB.</summary>
    public const int DefaultMaxMessageLength = 64 << 20;

    public static void Write<T>(IBufferWriter<byte> output, GrpcMarshaller<T> marshaller, T message)
    {
        WritePrefix(output.GetSpan(PrefixLength), marshaller.Size(message));
        output.Advance(PrefixLength);
        marshaller.Write(message, output);
    }

    /// <summary>The prefix of a message of that length, uncompressed.</summary>
    public static void WritePrefix(Span<byte> prefix, int length)
    {
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
    }

    /// <summary>Takes one whole message off the front of the buffer.</summary>
    /// <returns>False when more bytes are needed; the buffer is left as it is.</returns>
    /// <exception cref="GrpcException">The message is compressed (not offered), too long, or not readable.</exception>
    public static bool TryRead<T>(
        ref ReadOnlySequence<byte> buffer, GrpcMarshaller<T> marshaller, int maxLength, [MaybeNullWhen(false)] out T message)
    {
        message = default;
        if (buffer.Length < PrefixLength)
        {
            return false;
        }
        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        if (prefix[0] != 0)
        {
            throw new GrpcException(GrpcStatusCode.Unimplemented, "compressed messages are not supported");
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > maxLength)
        {
            throw new GrpcException(GrpcStatusCode.ResourceExhausted, $"message of {length} bytes is longer than the limit of {maxLength}");
        }
        if (buffer.Length < PrefixLength + length)
        {
            return false;
        }
        try
        {
            message = marshaller.Read(buffer.Slice(PrefixLength, length));
        }
        catch (Google.Protobuf.InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"message cannot be decoded: {e.Message}", e);
        }
        buffer = buffer.Slice(PrefixLength + length);
        return true;
    }
}
