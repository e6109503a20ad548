using System.Net;
using System.Net.Http.Headers;

namespace Lateen.Proxy.Export;

/// <summary>Sends telemetry in cleartext, off the event loops: HTTP/1.1 posts and unary gRPC calls (HTTP/2 with prior knowledge).</summary>
/// <remarks>Made when the first batch is sent: a sidecar that exports nothing does not pay for a client.</remarks>
internal sealed class ExportClient : IDisposable
{
    private readonly Lazy<HttpClient> _client = new(static () => new HttpClient(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
    });

    /// <summary>Null when it was taken; else the reason.</summary>
    public async Task<string?> PostAsync(ExportTarget target, string contentType, byte[] body, CancellationToken cancellation)
    {
        using HttpRequestMessage? request = Request(target, contentType, body);
        if (request is null)
        {
            return "the collector's cluster has no healthy host";
        }
        return await SendAsync(request, static (response, _) => new((int)response.StatusCode < 300 ? null : $"status {(int)response.StatusCode}"), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>One message of a gRPC method (unary, or a client stream of one); null when the status is OK.</summary>
    public async Task<string?> CallAsync(ExportTarget target, byte[] message, CancellationToken cancellation)
    {
        byte[] framed = new byte[message.Length + 5];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        using HttpRequestMessage? request = Request(target, "application/grpc", framed);
        if (request is null)
        {
            return "the collector's cluster has no healthy host";
        }
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        return await SendAsync(request, GrpcProblemAsync, cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private async Task<string?> SendAsync(
        HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, ValueTask<string?>> problem, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage response = await _client.Value.SendAsync(request, cancellation).ConfigureAwait(false);
            return await problem(response, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return e.Message;
        }
    }

    private static async ValueTask<string?> GrpcProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        // Trailers are there once the body has been read.
        await response.Content.CopyToAsync(Stream.Null, cancellation).ConfigureAwait(false);
        HttpHeaders fields = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        string status = fields.TryGetValues("grpc-status", out IEnumerable<string>? values) ? values.First() : $"missing, HTTP {(int)response.StatusCode}";
        return status == "0" ? null : $"grpc-status {status}";
    }

    private static HttpRequestMessage? Request(ExportTarget target, string contentType, byte[] body)
    {
        if (target.NextAddress() is not { } address)
        {
            return null;
        }
        HttpRequestMessage request = new(HttpMethod.Post, $"http://{address}{target.Path}") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.Host = target.Authority;
        return request;
    }
}
