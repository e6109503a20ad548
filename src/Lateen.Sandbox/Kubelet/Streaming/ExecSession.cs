using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Joins a client with a process in a container until the process or the client is gone.</summary>
internal static class ExecSession
{
    private const int BufferSize = 16 * 1024;

    public static async Task RunAsync(Func<CancellationToken, Task<IContainerProcess>> start, ExecChannels client, CancellationToken cancel)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, client.ClientGone);
        JsonObject status;
        try
        {
            await using var process = await start(ends.Token);
            status = ExitStatus(await JoinAsync(process, client, ends));
        }
        catch (ContainerAccessException problem)
        {
            status = Failure(problem.Message);
        }

        await client.FinishAsync(status);
    }

    private static async Task<int> JoinAsync(IContainerProcess process, ExecChannels client, CancellationTokenSource ends)
    {
        using var inputEnds = CancellationTokenSource.CreateLinkedTokenSource(ends.Token);
        var input = CopyInputAsync(client.Stdin, process.Stdin, inputEnds.Token);
        var resizing = ResizeAsync(client, process, inputEnds.Token);
        var output = Task.WhenAll(CopyAsync(process.Stdout, client.Stdout, ends), CopyAsync(process.Stderr, client.Stderr, ends));
        var code = await process.WaitAsync(ends.Token);
        await output;
        await inputEnds.CancelAsync();
        await Task.WhenAll(input, resizing);
        return code;
    }

    private static async Task CopyInputAsync(Stream? client, Stream? process, CancellationToken cancel)
    {
        if (client is null || process is null)
        {
            return;
        }

        try
        {
            await client.CopyToAsync(process, BufferSize, cancel);
            await process.DisposeAsync();
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The process ended or closed its input before the client stopped typing.
        }
    }

    private static async Task CopyAsync(Stream? process, Stream? client, CancellationTokenSource ends)
    {
        if (process is null || client is null)
        {
            return;
        }

        var buffer = new byte[BufferSize];
        int read;
        while ((read = await process.ReadAsync(buffer, ends.Token)) > 0)
        {
            try
            {
                await client.WriteAsync(buffer.AsMemory(0, read), ends.Token);
                await client.FlushAsync(ends.Token);
            }
            catch (IOException)
            {
                await ends.CancelAsync();
            }
        }
    }

    private static async Task ResizeAsync(ExecChannels client, IContainerProcess process, CancellationToken cancel)
    {
        if (client.Resizes is null)
        {
            return;
        }

        try
        {
            await foreach (var size in client.Resizes.ReadAllAsync(cancel))
            {
                process.Resize(size.Columns, size.Rows);
            }
        }
        catch (OperationCanceledException)
        {
            // The session ended.
        }
    }

    /// <summary>The v4 protocol's verdict: success, or NonZeroExitCode with the code as a cause.</summary>
    private static JsonObject ExitStatus(int code) => code == 0
        ? new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" }
        : new JsonObject
        {
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = string.Create(CultureInfo.InvariantCulture, $"command terminated with non-zero exit code: exit status {code}"),
            ["reason"] = "NonZeroExitCode",
            ["details"] = new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = code.ToString(CultureInfo.InvariantCulture) }),
            },
        };

    private static JsonObject Failure(string message) => new()
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = "InternalError",
        ["code"] = 500,
    };
}
