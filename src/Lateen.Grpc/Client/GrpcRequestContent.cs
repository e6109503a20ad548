using System.Net;

namespace Lateen.Grpc.Client;

/// <summary>A request body that stays open: it hands out the HTTP/2 stream and ends when it is told to.</summary>
internal sealed class GrpcRequestContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the stream exists; faulted when it never will.</summary>
    public Task<Stream> Open => _open.Task;

    /// <summary>Half-closes the stream.</summary>
    public void Complete() => _completed.TrySetResult();

    /// <summary>The request failed before or while the body was open.</summary>
    public void Fail(Exception reason)
    {
        _open.TrySetException(reason);
        _ = _open.Task.Exception;
        _completed.TrySetResult();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // Request headers leave with the first flush, also when the caller sends nothing yet.
            await stream.FlushAsync(cancellationToken);
        }
        catch (Exception reason)
        {
            // The server ended the call before the stream was open: who waits to write on it must hear of it.
            Fail(reason);
            throw;
        }

        _open.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
