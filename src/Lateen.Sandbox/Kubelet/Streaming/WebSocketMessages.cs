using System.Net.WebSockets;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Reads whole WebSocket messages of bounded size.</summary>
internal static class WebSocketMessages
{
    /// <summary>The next message, or null when the peer closes.</summary>
    /// <exception cref="InvalidDataException">The message is larger than <paramref name="limit"/> bytes.</exception>
    public static async Task<byte[]?> ReadAsync(WebSocket socket, int limit, CancellationToken cancel)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), cancel);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, part.Count);
            if (message.Length > limit)
            {
                throw new InvalidDataException($"a WebSocket message is larger than {limit} bytes");
            }

            if (part.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }
}
