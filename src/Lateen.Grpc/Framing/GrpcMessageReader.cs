using System.IO.Pipelines;

namespace Lateen.Grpc.Framing;

/// <summary>Reads messages one by one from a body; nothing is read ahead of the caller beyond one buffer, so HTTP/2 flow control reaches the peer.</summary>
internal sealed class GrpcMessageReader<T>(PipeReader body, GrpcMarshaller<T> marshaller, int maxLength, bool isGzip = false)
{
    /// <returns>The next message, or false when the peer has half-closed.</returns>
    /// <exception cref="GrpcException">The bytes are not a message, or end inside one.</exception>
    public async ValueTask<(bool Any, T Message)> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellation);
            var buffer = read.Buffer;
            if (GrpcFrames.TryRead(ref buffer, marshaller, maxLength, isGzip, out var message))
            {
                body.AdvanceTo(buffer.Start);
                return (true, message);
            }
            if (read.IsCompleted)
            {
                var rest = buffer.Length;
                body.AdvanceTo(buffer.End);
                return rest == 0
                    ? (false, default!)
                    : throw new GrpcException(GrpcStatusCode.Internal, $"the stream ended inside a message ({rest} bytes of it were sent)");
            }
            body.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
