using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Lateen.Sandbox.Kubelet.Spdy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Turns an HTTP/1.1 request into a SPDY connection or a WebSocket.</summary>
internal static class UpgradeHandshake
{
    private const string VersionHeader = "X-Stream-Protocol-Version";

    public static bool WantsSpdy(HttpRequest request) => request.Headers.Upgrade.ToString().Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase);

    public static bool WantsWebSocket(HttpRequest request) => request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>The first supported protocol that the client offers for SPDY; the oldest one when it offers none.</summary>
    public static string? ChooseSpdyProtocol(HttpRequest request, IReadOnlyList<string> supported)
    {
        var offered = Split(request.Headers[VersionHeader]);
        return offered.Count == 0 ? supported[^1] : supported.FirstOrDefault(offered.Contains);
    }

    public static string? ChooseSubprotocol(HttpRequest request, IReadOnlyList<string> supported) =>
        supported.FirstOrDefault(Split(request.Headers.SecWebSocketProtocol).Contains);

    public static async Task<Stream> UpgradeToSpdyAsync(HttpContext context, string protocol)
    {
        context.Response.Headers.Upgrade = "SPDY/3.1";
        context.Response.Headers[VersionHeader] = protocol;
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    public static async Task<WebSocket> UpgradeToWebSocketAsync(HttpContext context, string subprotocol)
    {
        // RFC 6455 4.2.2: the answer to the key proves that the server speaks WebSocket.
        const string guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
#pragma warning disable CA5350 // the protocol's choice; nothing is kept secret by it
        var accept = SHA1.HashData(Encoding.ASCII.GetBytes(context.Request.Headers.SecWebSocketKey + guid));
#pragma warning restore CA5350
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = Convert.ToBase64String(accept);
        context.Response.Headers.SecWebSocketProtocol = subprotocol;
        var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        // The subprotocol stands in the header only: the platform would refuse the slash in kubectl's SPDY/3.1+portforward.k8s.io.
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
    }

    /// <summary>Runs the connection's reader beside the session, and lets the client close first.</summary>
    public static async Task ServeSpdyAsync(Stream transport, Func<SpdyConnection, Task> session, CancellationToken cancel)
    {
        await using var connection = new SpdyConnection(transport);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = connection.RunAsync(ends.Token);
        try
        {
            await session(connection);
            // Closing first, with bytes of the client unread, would reset the connection and lose what was just written.
            ends.CancelAfter(TimeSpan.FromSeconds(2));
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException)
        {
            await ends.CancelAsync();
        }

        await reading;
    }

    private static List<string> Split(IEnumerable<string?> values) =>
        [.. values.SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
}
