using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Lateen.Sandbox.Api.Streaming;

/// <summary>Passes a request on to a node's kubelet endpoint: plain answers as they come, upgraded connections byte for byte.</summary>
internal sealed class NodePassage(NodeConnections nodes, CancellationToken stopping)
{
    private const int HeadLimit = 32 * 1024;
    private const int BufferSize = 32 * 1024;

    private static readonly string[] PassedHeaders =
        ["Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "X-Stream-Protocol-Version"];

    private static readonly string[] ReturnedHeaders =
        ["Upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "X-Stream-Protocol-Version"];

    /// <summary>Gets a page of the node and copies it while it comes (logs).</summary>
    public async Task FetchAsync(string host, int port, string pathAndQuery, HttpContext context, CancellationToken cancel)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, c) => await NodeConnections.ConnectAsync(host, port, c),
        };
        using var client = new HttpMessageInvoker(handler);
        // The connection is encrypted by the callback, so the scheme is that of what runs inside.
        using var message = new HttpRequestMessage(HttpMethod.Get, $"http://{host}:{port}{pathAndQuery}");
        message.Headers.TryAddWithoutValidation("Authorization", nodes.Authorization);
        using var response = await SendAsync(client, message, ends.Token);
        if (!response.IsSuccessStatusCode)
        {
            var text = await response.Content.ReadAsStringAsync(ends.Token);
            throw (int)response.StatusCode switch
            {
                404 => new ApiException(404, "NotFound", text) { Details = [] },
                400 => ApiException.BadRequest(text),
                _ => ApiException.Internal(text),
            };
        }

        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            try
            {
                rate.MinDataRate = null;
            }
            catch (NotSupportedException)
            {
                // HTTP/2 has one rate for all streams of a connection.
            }
        }

        context.Response.ContentType = "text/plain";
        await context.Response.StartAsync(ends.Token);
        await context.Response.Body.FlushAsync(ends.Token);
        await using var body = await response.Content.ReadAsStreamAsync(ends.Token);
        await CopyAsync(body, context.Response.Body, ends.Token);
    }

    /// <summary>Repeats the upgrade request at the node and joins both connections when it agrees.</summary>
    public async Task UpgradeAsync(string host, int port, string pathAndQuery, HttpContext context, CancellationToken cancel)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            throw ApiException.BadRequest("Upgrade request required");
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
        await using var node = await NodeConnections.ConnectAsync(host, port, ends.Token);
        await node.WriteAsync(RequestHead(host, port, pathAndQuery, context.Request), ends.Token);
        var (head, rest) = await ReadHeadAsync(node, ends.Token);
        var (status, headers) = ParseHead(head);
        if (status != 101)
        {
            throw await RefusalAsync(node, status, headers, rest, ends.Token);
        }

        foreach (var name in ReturnedHeaders)
        {
            if (headers.TryGetValue(name, out var value))
            {
                context.Response.Headers[name] = value;
            }
        }

        var client = await upgrade.UpgradeAsync();
        if (rest.Length > 0)
        {
            await client.WriteAsync(rest, ends.Token);
            await client.FlushAsync(ends.Token);
        }

        await JoinAsync(client, node, ends);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker client, HttpRequestMessage message, CancellationToken cancel)
    {
        try
        {
            return await client.SendAsync(message, cancel);
        }
        catch (HttpRequestException problem)
        {
            throw problem.InnerException as ApiException ?? ApiException.Internal($"error dialing backend: {problem.Message}");
        }
    }

    /// <summary>Copies both ways until one side closes; then the other one is closed too.</summary>
    private static async Task JoinAsync(Stream client, Stream node, CancellationTokenSource ends)
    {
        var outward = CopyQuietlyAsync(node, client, ends.Token);
        var inward = CopyQuietlyAsync(client, node, ends.Token);
        await Task.WhenAny(outward, inward);
        if (!outward.IsCompleted)
        {
            // The client closed its side; what the node still has to say has nobody to hear it.
            await ends.CancelAsync();
        }

        await outward;
        await ends.CancelAsync();
        await inward;
    }

    private static async Task CopyQuietlyAsync(Stream from, Stream to, CancellationToken cancel)
    {
        try
        {
            await CopyAsync(from, to, cancel);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two went away: the session is over.
        }
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancel)
    {
        var buffer = new byte[BufferSize];
        int read;
        while ((read = await from.ReadAsync(buffer, cancel)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancel);
            await to.FlushAsync(cancel);
        }
    }

    private byte[] RequestHead(string host, int port, string pathAndQuery, HttpRequest request)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{request.Method} {pathAndQuery} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Authorization: {nodes.Authorization}\r\nConnection: Upgrade\r\nUpgrade: {request.Headers.Upgrade}\r\n");
        foreach (var name in PassedHeaders)
        {
            foreach (var value in request.Headers[name])
            {
                head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
        }

        if (HttpMethods.IsPost(request.Method))
        {
            head.Append("Content-Length: 0\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }

    private static async Task<(string Head, byte[] Remainder)> ReadHeadAsync(Stream node, CancellationToken cancel)
    {
        var buffer = new byte[HeadLimit];
        var length = 0;
        while (length < buffer.Length)
        {
            var read = await node.ReadAsync(buffer.AsMemory(length), cancel);
            if (read == 0)
            {
                break;
            }

            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is var end and >= 0)
            {
                return (Encoding.ASCII.GetString(buffer, 0, end), buffer[(end + 4)..length]);
            }
        }

        throw ApiException.Internal("the node closed the connection, or sent a head without an end");
    }

    private static (int Status, Dictionary<string, string> Headers) ParseHead(string head)
    {
        var lines = head.Split("\r\n");
        var status = lines[0].Split(' ') is [_, var code, ..] && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 502;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            if (line.Split(':', 2) is [var name, var value])
            {
                headers[name] = value.Trim();
            }
        }

        return (status, headers);
    }

    private static async Task<ApiException> RefusalAsync(
        Stream node, int status, Dictionary<string, string> headers, byte[] rest, CancellationToken cancel)
    {
        var wanted = headers.TryGetValue("Content-Length", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? Math.Min(given, HeadLimit)
            : rest.Length;
        using var body = new MemoryStream();
        body.Write(rest);
        var buffer = new byte[1024];
        int read;
        while (body.Length < wanted && (read = await node.ReadAsync(buffer, cancel)) > 0)
        {
            body.Write(buffer, 0, read);
        }

        var message = Encoding.UTF8.GetString(body.ToArray());
        return status switch
        {
            400 => ApiException.BadRequest(message),
            403 => new ApiException(403, "Forbidden", message),
            404 => new ApiException(404, "NotFound", message) { Details = [] },
            _ => ApiException.Internal($"the node answered {status}: {message}"),
        };
    }
}
