using System.Text;
using System.Threading.Channels;
using Lateen.Sandbox.Kubelet.Spdy;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Exec and attach over SPDY: one stream each for error, stdin, stdout, stderr and resize.</summary>
internal static class SpdyExec
{
    /// <summary>Versions in order of preference. Before v4 the verdict is plain text; v1 and v2 know no resizing.</summary>
    public static readonly string[] Protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    private static readonly TimeSpan StreamTimeout = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(
        SpdyConnection connection, string protocol, ExecRequest request, Func<CancellationToken, Task<IContainerProcess>> start, CancellationToken cancel)
    {
        var streams = await ExpectAsync(connection, Wanted(request, protocol), cancel);
        if (streams is null)
        {
            return;
        }

        var error = streams["error"];
        var resizes = streams.TryGetValue("resize", out var resize) ? Channel.CreateBounded<TerminalSize>(16) : null;
        var resizing = resizes is null ? Task.CompletedTask : ReadSizesAsync(resize!, resizes.Writer, connection.Closed);
        var channels = new ExecChannels
        {
            Stdin = streams.GetValueOrDefault("stdin"),
            Stdout = streams.GetValueOrDefault("stdout"),
            Stderr = streams.GetValueOrDefault("stderr"),
            Resizes = resizes?.Reader,
            ClientGone = connection.Closed,
            FinishAsync = async status =>
            {
                foreach (var name in (string[])["stdout", "stderr"])
                {
                    if (streams.TryGetValue(name, out var output))
                    {
                        await output.CloseAsync(cancel);
                    }
                }

                var text = protocol.StartsWith("v4", StringComparison.Ordinal) ? status.ToJsonString()
                    : (string?)status["status"] == "Success" ? "" : (string?)status["message"] ?? "";
                if (text.Length > 0)
                {
                    await error.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
                }

                await error.CloseAsync(cancel);
            },
        };
        await ExecSession.RunAsync(start, channels, cancel);
        if (resize is not null)
        {
            connection.Forget(resize);
        }

        await resizing;
    }

    private static List<string> Wanted(ExecRequest request, string protocol)
    {
        var wanted = new List<string> { "error" };
        void Add(bool asked, string name)
        {
            if (asked)
            {
                wanted.Add(name);
            }
        }

        Add(request.Stdin, "stdin");
        Add(request.Stdout, "stdout");
        Add(request.Stderr, "stderr");
        Add(request.Terminal && protocol is "v3.channel.k8s.io" or "v4.channel.k8s.io", "resize");
        return wanted;
    }

    /// <summary>Waits until the client has opened every stream that its request asks for; null when it does not.</summary>
    private static async Task<Dictionary<string, SpdyStream>?> ExpectAsync(SpdyConnection connection, List<string> wanted, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(StreamTimeout);
        var streams = new Dictionary<string, SpdyStream>(StringComparer.Ordinal);
        try
        {
            while (!wanted.TrueForAll(streams.ContainsKey))
            {
                var stream = await connection.Opened.ReadAsync(deadline.Token);
                streams[stream.Headers.GetValueOrDefault("streamtype", "")] = stream;
            }

            return streams;
        }
        catch (Exception problem) when (problem is ChannelClosedException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Sizes come as JSON objects one after the other: {"Width":80,"Height":24}.</summary>
    private static async Task ReadSizesAsync(SpdyStream stream, ChannelWriter<TerminalSize> sizes, CancellationToken cancel)
    {
        var buffer = new byte[1024];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancel)) > 0)
            {
                foreach (var line in Encoding.UTF8.GetString(buffer, 0, read).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (TerminalSizes.Parse(line) is { } size)
                    {
                        sizes.TryWrite(size);
                    }
                }
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or InvalidOperationException)
        {
            // The session ended.
        }
        finally
        {
            sizes.TryComplete();
        }
    }
}
