using System.Net.WebSockets;
using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Exec and attach over a WebSocket: the first byte of each message names its channel.</summary>
/// <remarks>
/// Channels: 0 stdin, 1 stdout, 2 stderr, 3 error (the verdict), 4 resize. With v5, channel 255 carries the number of a channel
/// that the client closes, which is how standard input ends (KEP-4006). The base64 variants send text, the channel as a digit.
/// </remarks>
internal static class WebSocketExec
{
    /// <summary>Subprotocols in order of preference.</summary>
    public static readonly string[] Protocols =
        ["v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "v3.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"];

    private const int StdinLimit = 256 * 1024;
    private const int MessageLimit = 1024 * 1024;
    private const byte CloseChannel = 255;

    public static async Task RunAsync(
        WebSocket socket, string protocol, ExecRequest request, Func<CancellationToken, Task<IContainerProcess>> start, CancellationToken cancel)
    {
        using var closed = new CancellationTokenSource();
        using var writing = new SemaphoreSlim(1, 1);
        var base64 = protocol.Contains("base64", StringComparison.Ordinal);
        var stdin = new Pipe(new PipeOptions(pauseWriterThreshold: StdinLimit, resumeWriterThreshold: StdinLimit / 2, useSynchronizationContext: false));
        var resizes = Channel.CreateBounded<TerminalSize>(16);
        Task Send(byte channel, ReadOnlyMemory<byte> bytes) => SendAsync(socket, writing, base64, channel, bytes, cancel);

        var receiving = ReceiveAsync(socket, base64, stdin.Writer, resizes.Writer, closed, cancel);
        var channels = new ExecChannels
        {
            Stdin = request.Stdin ? stdin.Reader.AsStream() : null,
            Stdout = request.Stdout ? new ChannelStream(bytes => Send(1, bytes)) : null,
            Stderr = request.Stderr ? new ChannelStream(bytes => Send(2, bytes)) : null,
            Resizes = request.Terminal ? resizes.Reader : null,
            ClientGone = closed.Token,
            FinishAsync = async status =>
            {
                // The oldest protocol has no verdict; the later ones before v4 take text, which kubectl no longer speaks here.
                await Send(3, Encoding.UTF8.GetBytes(status.ToJsonString()));
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
            },
        };
        try
        {
            await ExecSession.RunAsync(start, channels, cancel);
            stdin.Reader.Complete();
            await receiving.WaitAsync(TimeSpan.FromSeconds(2), cancel);
        }
        catch (Exception problem) when (problem is WebSocketException or TimeoutException)
        {
            // The client did not wait for the end, or did not close its side after it.
        }
        finally
        {
            stdin.Reader.Complete();
            socket.Abort();
            await receiving;
        }
    }

    private static async Task SendAsync(
        WebSocket socket, SemaphoreSlim writing, bool base64, byte channel, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        byte[] message = base64
            ? [(byte)('0' + channel), .. Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes.Span))]
            : [channel, .. bytes.Span];
        await writing.WaitAsync(cancel);
        try
        {
            await socket.SendAsync(message, base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, true, cancel);
        }
        catch (WebSocketException problem)
        {
            throw new IOException("the client closed the WebSocket", problem);
        }
        finally
        {
            writing.Release();
        }
    }

    private static async Task ReceiveAsync(
        WebSocket socket, bool base64, PipeWriter stdin, ChannelWriter<TerminalSize> resizes, CancellationTokenSource closed, CancellationToken cancel)
    {
        var ended = false;
        try
        {
            while (await WebSocketMessages.ReadAsync(socket, MessageLimit, cancel) is { } message)
            {
                if (message.Length == 0)
                {
                    continue;
                }

                var channel = base64 ? (byte)(message[0] - '0') : message[0];
                var bytes = base64 ? Convert.FromBase64String(Encoding.ASCII.GetString(message.AsSpan(1))) : message.AsMemory(1);
                if (channel == 0 && !ended)
                {
                    await stdin.WriteAsync(bytes, cancel);
                }
                else if (channel == CloseChannel && bytes.Length == 1 && bytes.Span[0] == 0)
                {
                    ended = true;
                    await stdin.CompleteAsync();
                }
                else if (channel == 4 && TerminalSizes.Parse(Encoding.UTF8.GetString(bytes.Span)) is { } size)
                {
                    resizes.TryWrite(size);
                }
            }
        }
        catch (Exception problem) when (problem is WebSocketException or OperationCanceledException or InvalidDataException or FormatException)
        {
            // The client is gone or broke the protocol.
        }
        finally
        {
            await stdin.CompleteAsync();
            resizes.TryComplete();
            await closed.CancelAsync();
        }
    }

    /// <summary>Writes go out as messages of one channel.</summary>
    private sealed class ChannelStream(Func<ReadOnlyMemory<byte>, Task> send) : AsyncStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await send(buffer);
    }
}
