using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>One exec over a WebSocket, subprotocol <c>v4.channel.k8s.io</c>: each message starts with its channel's number.</summary>
/// <remarks>Channels: 0 stdin, 1 stdout, 2 stderr, 3 the final Status. The protocol can not close stdin alone.</remarks>
internal static class ExecSession
{
    private const string Protocol = "v4.channel.k8s.io";

    public static async Task<ExecResult> RunAsync(
        Uri server, Credentials credentials, ExecRequest request, ExecStreams streams, CancellationToken cancellation)
    {
        string path = ResourceTypes.Pods.Path(request.Pod.Namespace, request.Pod.Name, "exec") + Query(request, streams);
        using SocketsHttpHandler handler = new() { SslOptions = credentials.Tls(), UseProxy = false };
        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        using ClientWebSocket socket = new();
        socket.Options.AddSubProtocol(Protocol);
        socket.Options.CollectHttpResponseDetails = true;
        if (credentials.Authorization() is { } authorization)
        {
            socket.Options.SetRequestHeader("Authorization", authorization.ToString());
        }

        try
        {
            UriBuilder address = new(new Uri(server, path)) { Scheme = server.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" };
            await socket.ConnectAsync(address.Uri, invoker, cancellation);
        }
        catch (WebSocketException error)
        {
            int code = (int)socket.HttpStatusCode;
            string why = error.InnerException is { } inner ? $"{error.Message} {inner.Message}" : error.Message;
            throw new KubernetesApiException($"exec {request.Pod}", new KubernetesStatus(code, "", why), error);
        }

        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task input = streams.Input is null ? Task.CompletedTask : SendAsync(socket, streams.Input, ended.Token);
        try
        {
            return await ReceiveAsync(socket, streams, cancellation);
        }
        catch (WebSocketException error)
        {
            throw new KubernetesApiException($"exec {request.Pod}", new KubernetesStatus(0, "", error.Message), error);
        }
        finally
        {
            await ended.CancelAsync();
            await input.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads the final Status: the exit code is a cause of a NonZeroExitCode failure.</summary>
    internal static ExecResult Result(string status)
    {
        JsonNode? parsed = JsonNode.Parse(status);
        if (parsed.Text("status") == "Success")
        {
            return new ExecResult(0, "");
        }

        string code = parsed.Items("details", "causes").FirstOrDefault(cause => cause.Text("reason") == "ExitCode").Text("message");
        return new ExecResult(
            int.TryParse(code, NumberStyles.Integer, CultureInfo.InvariantCulture, out int exit) ? exit : -1,
            parsed.Text("message"));
    }

    private static string Query(ExecRequest request, ExecStreams streams)
    {
        StringBuilder query = new("?stdout=true");
        query.Append(streams.Input is null ? "" : "&stdin=true");
        query.Append(request.Terminal ? "&tty=true" : "&stderr=true");
        query.Append(request.Container is null ? "" : $"&container={Uri.EscapeDataString(request.Container)}");
        foreach (string word in request.Command)
        {
            query.Append("&command=").Append(Uri.EscapeDataString(word));
        }

        return query.ToString();
    }

    private static async Task SendAsync(ClientWebSocket socket, Stream input, CancellationToken cancellation)
    {
        byte[] frame = new byte[16384];
        int count;
        while ((count = await input.ReadAsync(frame.AsMemory(1), cancellation)) > 0)
        {
            frame[0] = 0;
            await socket.SendAsync(frame.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }
    }

    private static async Task<ExecResult> ReceiveAsync(ClientWebSocket socket, ExecStreams streams, CancellationToken cancellation)
    {
        byte[] buffer = new byte[32768];
        MemoryStream status = new();
        int channel = -1;
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                string text = Encoding.UTF8.GetString(status.ToArray());
                return text.Length > 0 ? Result(text) : new ExecResult(-1, "the server closed the connection without a status");
            }

            ReadOnlyMemory<byte> part = buffer.AsMemory(0, received.Count);
            if (channel < 0 && part.Length > 0)
            {
                channel = part.Span[0];
                part = part[1..];
            }

            Stream target = channel switch { 1 => streams.Output, 2 => streams.Error, 3 => status, _ => Stream.Null };
            await target.WriteAsync(part, cancellation);
            channel = received.EndOfMessage ? -1 : channel;
        }
    }
}
