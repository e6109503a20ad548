using System.Net.WebSockets;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>A byte stream inside the binary messages of a WebSocket (KEP-4006: SPDY tunnelled for port-forward).</summary>
internal sealed class WebSocketTunnel(WebSocket socket) : AsyncStream
{
    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close || part.Count > 0)
                {
                    return part.Count;
                }
            }
        }
        catch (WebSocketException problem)
        {
            throw new IOException("the client closed the WebSocket", problem);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, true, cancellationToken);
        }
        catch (WebSocketException problem)
        {
            throw new IOException("the client closed the WebSocket", problem);
        }
    }
}
