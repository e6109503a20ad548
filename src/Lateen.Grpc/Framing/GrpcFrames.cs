using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Lateen.Grpc.Compression;

namespace Lateen.Grpc.Framing;

/// <summary>Length-prefixed messages. gRPC over HTTP/2: <c>Compressed-Flag (1 byte) Message-Length (4 bytes, big endian) Message</c>.</summary>
internal static class GrpcFrames
{
    public const int PrefixLength = 5;

    /// <summary>The largest message a side accepts unless it is told otherwise: xDS answers of big meshes exceed gRPC's usual 4 MiB.</summary>
    public const int DefaultMaxMessageLength = 64 << 20;

    public static void Write<T>(IBufferWriter<byte> output, GrpcMarshaller<T> marshaller, T message)
    {
        WritePrefix(output.GetSpan(PrefixLength), marshaller.Size(message), isCompressed: false);
        output.Advance(PrefixLength);
        marshaller.Write(message, output);
    }

    /// <summary>The prefix of a message of that length.</summary>
    public static void WritePrefix(Span<byte> prefix, int length, bool isCompressed)
    {
        prefix[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
    }

    /// <summary>Takes one whole message off the front of the buffer.</summary>
    /// <param name="maxLength">Of a message as it is sent, and of what it inflates to.</param>
    /// <param name="isGzip">Compressed messages are gzip; they are refused otherwise.</param>
    /// <returns>False when more bytes are needed; the buffer is left as it is.</returns>
    /// <exception cref="GrpcException">The message is compressed (not offered), too long, or not readable.</exception>
    public static bool TryRead<T>(
        ref ReadOnlySequence<byte> buffer, GrpcMarshaller<T> marshaller, int maxLength, bool isGzip, [MaybeNullWhen(false)] out T message)
    {
        message = default;
        if (buffer.Length < PrefixLength)
        {
            return false;
        }
        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        if (prefix[0] != 0 && !isGzip)
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
            var body = buffer.Slice(PrefixLength, length);
            message = prefix[0] == 0 ? marshaller.Read(body) : GzipInflater.Read(body, marshaller.Read, maxLength);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"message cannot be decoded: {e.Message}", e);
        }
        buffer = buffer.Slice(PrefixLength + length);
        return true;
    }
}
