using System.Globalization;
using Lateen.Grpc.Compression;
using Lateen.Grpc.Framing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Lateen.Grpc.Server;

/// <summary>Serves gRPC methods as HTTP/2 endpoints of Kestrel; the listener must speak HTTP/2.</summary>
/// <remarks>
/// gRPC over HTTP/2: POST, content-type application/grpc, answer 200 with the status in trailers. What is not gRPC gets
/// 415, an unmapped path 404 from routing, which clients read as Unimplemented.
/// </remarks>
public static class GrpcEndpoints
{
    /// <summary>One request, one response.</summary>
    public static void MapGrpcUnary<TRequest, TResponse>(
        this IEndpointRouteBuilder endpoints,
        GrpcMethod<TRequest, TResponse> method,
        GrpcServerOptions options,
        Func<TRequest, GrpcServerCall, Task<TResponse>> handler) =>
        endpoints.MapGrpcStream(method, options, async (stream, call) =>
        {
            var (any, request) = await stream.ReadAsync(call.Cancellation);
            if (!any)
            {
                throw new GrpcException(GrpcStatusCode.Internal, "a unary call carried no message");
            }
            await stream.WriteAsync(await handler(request, call), call.Cancellation);
        });

    /// <summary>A stream of requests, a stream of responses; the call ends with OK when the handler returns.</summary>
    public static void MapGrpcStream<TRequest, TResponse>(
        this IEndpointRouteBuilder endpoints,
        GrpcMethod<TRequest, TResponse> method,
        GrpcServerOptions options,
        Func<GrpcExchange<TRequest, TResponse>, GrpcServerCall, Task> handler)
    {
        RequestDelegate serve = context => ServeAsync(context, method, options, handler);
        endpoints.MapPost(method.Path, serve);
    }

    private static async Task ServeAsync<TRequest, TResponse>(
        HttpContext context,
        GrpcMethod<TRequest, TResponse> method,
        GrpcServerOptions options,
        Func<GrpcExchange<TRequest, TResponse>, GrpcServerCall, Task> handler)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        context.Response.ContentType = "application/grpc";
        var isGzip = method.Response.Compress is not null && TakesGzip(context.Request);
        if (isGzip)
        {
            // Says how, not whether: each message tells by its own flag (gRPC, "Compression").
            context.Response.Headers["grpc-encoding"] = GzipInflater.Encoding;
        }
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = null;
        context.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        var hasDeadline = GrpcTimeout.TryParse(context.Request.Headers[GrpcTimeout.Header], out var timeout);
        using var deadline = hasDeadline ? new CancellationTokenSource(timeout, options.Time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, deadline.Token);
        var call = new GrpcServerCall(context, either.Token);
        var stream = new GrpcExchange<TRequest, TResponse>(
            method, context.Request.BodyReader, context.Response.BodyWriter, options.MaxMessageLength, isGzip);
        try
        {
            // Headers go out at once: a client of a stream may wait for them before it sends its first message.
            await context.Response.StartAsync(either.Token);
            await handler(stream, call);
            End(context, GrpcStatusCode.Ok, null);
        }
        catch (GrpcException e)
        {
            End(context, e.Code, e.Detail);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client reset the stream or is gone: there is nobody to answer.
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            End(context, GrpcStatusCode.DeadlineExceeded, "deadline exceeded");
        }
        catch (OperationCanceledException)
        {
            End(context, GrpcStatusCode.Unavailable, "the server is shutting down");
        }
#pragma warning disable CA1031 // A handler's bug is this call's Unknown, never the process's end.
        catch (Exception e)
        {
            GrpcLog.HandlerFailed(options.Logger, method.Path, e);
            End(context, GrpcStatusCode.Unknown, "the handler failed; see the server's log");
        }
#pragma warning restore CA1031
    }

    private static bool TakesGzip(HttpRequest request)
    {
        foreach (var values in request.Headers["grpc-accept-encoding"])
        {
            if (values?.Split(',', StringSplitOptions.TrimEntries).Contains(GzipInflater.Encoding, StringComparer.Ordinal) == true)
            {
                return true;
            }
        }

        return false;
    }

    private static void End(HttpContext context, GrpcStatusCode code, string? detail)
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        if (trailers is null)
        {
            return;
        }
        trailers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(detail))
        {
            trailers["grpc-message"] = GrpcMessageText.Encode(detail);
        }
    }
}
