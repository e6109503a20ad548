using System.IO.Pipelines;
using Lateen.Grpc.Framing;

namespace Lateen.Grpc.Server;

/// <summary>Both directions of a streaming call, seen from the server. One reader and one writer at a time.</summary>
public sealed class GrpcExchange<TRequest, TResponse>
{
    private readonly GrpcMessageReader<TRequest> _requests;
    private readonly GrpcMarshaller<TResponse> _marshaller;
    private readonly PipeWriter _body;

    private readonly bool _isGzip;

    /// <param name="isGzip">The client takes compressed responses.</param>
    internal GrpcExchange(GrpcMethod<TRequest, TResponse> method, PipeReader requests, PipeWriter responses, int maxLength, bool isGzip)
    {
        _requests = new GrpcMessageReader<TRequest>(requests, method.Request, maxLength);
        _marshaller = method.Response;
        _body = responses;
        _isGzip = isGzip;
    }

    /// <summary>The next request; false when the client has half-closed.</summary>
    public ValueTask<(bool Any, TRequest Message)> ReadAsync(CancellationToken cancellation) => _requests.ReadAsync(cancellation);

    /// <summary>Sends one response; completes when HTTP/2 flow control has taken it, which is the back-pressure.</summary>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async ValueTask WriteAsync(TResponse message, CancellationToken cancellation)
    {
        var gzip = _isGzip ? _marshaller.Compress!(message) : null;
        var length = gzip?.Length ?? _marshaller.Size(message);
        var output = new GrpcPieceWriter(_body, GrpcFrames.PrefixLength + length, cancellation);
        if (gzip is null && _marshaller.WriteInPieces is null)
        {
            GrpcFrames.Write(_body, _marshaller, message);
        }
        else
        {
            GrpcFrames.WritePrefix(output.GetSpan(GrpcFrames.PrefixLength), length, gzip is not null);
            output.Advance(GrpcFrames.PrefixLength);
            await (gzip is null ? _marshaller.WriteInPieces!(message, output) : output.WriteAsync(gzip.Pieces));
        }

        await output.FlushAsync();
    }
}
