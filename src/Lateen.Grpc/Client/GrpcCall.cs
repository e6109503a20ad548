using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Lateen.Grpc.Compression;
using Lateen.Grpc.Framing;

namespace Lateen.Grpc.Client;

/// <summary>Both directions of a call, seen from the client. One reader and one writer at a time.</summary>
public sealed class GrpcCall<TRequest, TResponse> : IAsyncDisposable
{
    // Messages of discovery are long: the usual 4 KiB would be a read for each of them.
    private static readonly StreamPipeReaderOptions Buffers = new(new FleetingMemory(), bufferSize: 32 << 10);

    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly GrpcRequestContent _content;
    private readonly int _maxLength;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _deadline = new();
    private readonly Task<HttpResponseMessage> _response;
    private GrpcMessageReader<TResponse>? _reader;
    private volatile bool _isReading;

    internal GrpcCall(
        HttpMessageInvoker invoker,
        HttpRequestMessage request,
        GrpcRequestContent content,
        GrpcMethod<TRequest, TResponse> method,
        int maxLength,
        TimeSpan? timeout,
        CancellationToken cancellation)
    {
        _method = method;
        _content = content;
        _maxLength = maxLength;
        if (timeout is { } limit)
        {
            _deadline.CancelAfter(limit);
        }
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _deadline.Token);
        _response = SendAsync(invoker, request);
    }

    /// <summary>Sends one request; completes when HTTP/2 flow control has taken it.</summary>
    /// <exception cref="GrpcException">The call has ended; the status says how.</exception>
    public async ValueTask WriteAsync(TRequest message)
    {
        var buffer = new ArrayBufferWriter<byte>(_method.Request.Size(message) + GrpcFrames.PrefixLength);
        GrpcFrames.Write(buffer, _method.Request, message);
        try
        {
            var stream = await _content.Open.WaitAsync(_stop.Token);
            await stream.WriteAsync(buffer.WrittenMemory, _stop.Token);
            await stream.FlushAsync(_stop.Token);
        }
        catch (Exception e) when (e is not GrpcException)
        {
            throw await EndOfAsync(e);
        }
    }

    /// <summary>Half-closes: no more requests will follow.</summary>
    public Task CompleteAsync()
    {
        _content.Complete();
        return Task.CompletedTask;
    }

    /// <summary>The next response; false after the server ended the call with OK.</summary>
    /// <exception cref="GrpcException">The call ended with another status.</exception>
    public async ValueTask<(bool Any, TResponse Message)> ReadAsync()
    {
        _isReading = true;
        try
        {
            var response = await _response;
            if (_reader is null)
            {
                ThrowUnlessGrpc(response);
                var body = await response.Content.ReadAsStreamAsync(_stop.Token);
                _reader = new GrpcMessageReader<TResponse>(PipeReader.Create(body, Buffers), _method.Response, _maxLength, IsGzip(response));
            }
            var next = await _reader.ReadAsync(_stop.Token);
            if (!next.Any)
            {
                ThrowUnlessOk(response);
            }
            return next;
        }
        catch (Exception e) when (e is not GrpcException)
        {
            throw Translate(e);
        }
        finally
        {
            _isReading = false;
        }
    }

    /// <summary>Ends the call; a call still running is cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _content.Complete();
        try
        {
            (await _response).Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // The call's end was reported to whoever read or wrote.
        }
        _stop.Dispose();
        _deadline.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker invoker, HttpRequestMessage request)
    {
        try
        {
            // The invoker returns at the response's headers; the body of a streaming call stays open on both sides.
            return await invoker.SendAsync(request, _stop.Token);
        }
        catch (Exception e)
        {
            _content.Fail(e);
            throw;
        }
    }

    // A write that fails usually means that the server has ended the call: its status is the better answer, which may still be on its way.
    // Where somebody reads already, the reader gets it.
    private async Task<GrpcException> EndOfAsync(Exception failure)
    {
        if (!_stop.IsCancellationRequested && !_isReading)
        {
            try
            {
                await _response;
                while ((await ReadAsync()).Any)
                {
                }
            }
            catch (GrpcException end)
            {
                return end;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                // There is no answer either: the failure of the write stands.
            }
        }
        return Translate(failure);
    }

    private GrpcException Translate(Exception e)
    {
        if (_deadline.IsCancellationRequested)
        {
            return new GrpcException(GrpcStatusCode.DeadlineExceeded, "deadline exceeded", e);
        }
        if (e is OperationCanceledException && _stop.IsCancellationRequested)
        {
            return new GrpcException(GrpcStatusCode.Cancelled, "the call was cancelled", e);
        }
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException { ErrorCode: var code })
            {
                return new GrpcException(OfHttp2Error(code), cause.Message, e);
            }
        }
        return new GrpcException(GrpcStatusCode.Unavailable, $"{_method.Path}: {e.GetBaseException().Message}", e);
    }

    // gRPC over HTTP/2, "HTTP2 Transport Mapping / Errors".
    private static GrpcStatusCode OfHttp2Error(long code) => code switch
    {
        7 => GrpcStatusCode.Unavailable,
        8 => GrpcStatusCode.Cancelled,
        11 => GrpcStatusCode.ResourceExhausted,
        12 => GrpcStatusCode.PermissionDenied,
        _ => GrpcStatusCode.Internal,
    };

    private static bool IsGzip(HttpResponseMessage response) =>
        response.Headers.TryGetValues("grpc-encoding", out var values) && string.Join(',', values) == GzipInflater.Encoding;

    private static void ThrowUnlessGrpc(HttpResponseMessage response)
    {
        if (response.Headers.Contains("grpc-status"))
        {
            // Trailers-Only: the headers are the end.
            ThrowUnlessOk(response);
        }
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return;
        }
        // gRPC, "HTTP to gRPC Status Code Mapping".
        var code = (int)response.StatusCode switch
        {
            400 => GrpcStatusCode.Internal,
            401 => GrpcStatusCode.Unauthenticated,
            403 => GrpcStatusCode.PermissionDenied,
            404 => GrpcStatusCode.Unimplemented,
            429 or 502 or 503 or 504 => GrpcStatusCode.Unavailable,
            _ => GrpcStatusCode.Unknown,
        };
        throw new GrpcException(code, $"the server answered HTTP {(int)response.StatusCode} instead of gRPC");
    }

    private static void ThrowUnlessOk(HttpResponseMessage response)
    {
        var text = Value(response.TrailingHeaders) ?? Value(response.Headers)
            ?? throw new GrpcException(GrpcStatusCode.Unknown, "the answer ended without a grpc-status");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            throw new GrpcException(GrpcStatusCode.Unknown, $"grpc-status \"{text}\" is not a number");
        }
        if (code == 0)
        {
            return;
        }
        var message = (response.TrailingHeaders.TryGetValues("grpc-message", out var values)
            || response.Headers.TryGetValues("grpc-message", out values)) ? GrpcMessageText.Decode(string.Join(',', values)) : string.Empty;
        throw new GrpcException(code is > 0 and <= 16 ? (GrpcStatusCode)code : GrpcStatusCode.Unknown, message);

        static string? Value(System.Net.Http.Headers.HttpResponseHeaders headers) =>
            headers.TryGetValues("grpc-status", out var values) ? values.First() : null;
    }
}
