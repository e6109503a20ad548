using System.Globalization;
using System.Text;
using Lateen.Sandbox.Kubelet.Spdy;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Port forwarding over SPDY: for each connection a data stream and an error stream with the same request id.</summary>
internal static class PortForward
{
    /// <summary>The protocol's name in X-Stream-Protocol-Version.</summary>
    public const string Protocol = "portforward.k8s.io";

    private const int PendingLimit = 256;

    public static async Task RunAsync(SpdyConnection connection, PodId pod, IContainerAccess access, CancellationToken cancel)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, connection.Closed);
        var pending = new Dictionary<string, SpdyStream>(StringComparer.Ordinal);
        var running = new List<Task>();
        await foreach (var stream in connection.Opened.ReadAllAsync(cancel))
        {
            running.RemoveAll(task => task.IsCompleted);
            var id = stream.Headers.GetValueOrDefault("requestid", "");
            if (pending.Remove(id, out var other))
            {
                var (data, error) = stream.Headers.GetValueOrDefault("streamtype") == "data" ? (stream, other) : (other, stream);
                running.Add(ForwardAsync(connection, data, error, pod, access, ends.Token));
            }
            else if (pending.Count < PendingLimit)
            {
                pending[id] = stream;
            }
        }

        await ends.CancelAsync();
        await Task.WhenAll(running);
    }

    private static async Task ForwardAsync(
        SpdyConnection connection, SpdyStream data, SpdyStream error, PodId pod, IContainerAccess access, CancellationToken cancel)
    {
        try
        {
            var text = data.Headers.GetValueOrDefault("port", "");
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                throw new IOException($"\"{text}\" is no port");
            }

            await using var target = await DialAsync(access, pod, port, cancel);
            await JoinAsync(data, target, cancel);
        }
        catch (IOException problem)
        {
            await TellAsync(error, $"error forwarding port {data.Headers.GetValueOrDefault("port")} to pod {pod.Namespace}/{pod.Name}: {problem.Message}", cancel);
        }
        catch (OperationCanceledException)
        {
            // The whole session ends.
        }
        finally
        {
            await CloseQuietlyAsync(data, cancel);
            await CloseQuietlyAsync(error, cancel);
            connection.Forget(data);
            connection.Forget(error);
        }
    }

    private static async Task<Stream> DialAsync(IContainerAccess access, PodId pod, int port, CancellationToken cancel)
    {
        try
        {
            return await access.DialAsync(pod, port, cancel);
        }
        catch (Exception problem) when (problem is ContainerAccessException or System.Net.Sockets.SocketException)
        {
            throw new IOException(problem.Message, problem);
        }
    }

    /// <summary>Copies both ways; the target's end of file ends it, the client's is passed on as far as the target's stream can.</summary>
    private static async Task JoinAsync(SpdyStream data, Stream target, CancellationToken cancel)
    {
        using var inward = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var toTarget = InwardAsync(data, target, inward.Token);
        await target.CopyToAsync(data, cancel);
        await data.CloseAsync(cancel);
        await inward.CancelAsync();
        await toTarget;
    }

    private static async Task InwardAsync(SpdyStream data, Stream target, CancellationToken cancel)
    {
        try
        {
            await data.CopyToAsync(target, cancel);
            if (target is System.Net.Sockets.NetworkStream { Socket: var socket })
            {
                socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            }
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The target is gone or the session ends.
        }
    }

    private static async Task TellAsync(SpdyStream error, string message, CancellationToken cancel)
    {
        try
        {
            await error.WriteAsync(Encoding.UTF8.GetBytes(message), cancel);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException)
        {
            // Nobody is left to tell.
        }
    }

    private static async Task CloseQuietlyAsync(SpdyStream stream, CancellationToken cancel)
    {
        try
        {
            await stream.CloseAsync(cancel);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException)
        {
            // The client is gone.
        }
    }
}
