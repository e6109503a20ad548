using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Lateen.PushBench;

/// <summary>The control plane under test as a process of its own, and what the kernel says of it.</summary>
internal sealed class LateendProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    public LateendProcess(string executable, Uri api, string folder)
    {
        var config = Path.Combine(folder, "kubeconfig");
        File.WriteAllText(
            config,
            $"""
            apiVersion: v1
            kind: Config
            current-context: bench
            contexts: [{"{"}name: bench, context: {"{"}cluster: bench, user: bench{"}"}{"}"}]
            clusters: [{"{"}name: bench, cluster: {"{"}server: "{api}"{"}"}{"}"}]
            users: [{"{"}name: bench, user: {"{"}{"}"}{"}"}]
            """);
        Xds = new IPEndPoint(IPAddress.Loopback, FreePort());
        Monitoring = new IPEndPoint(IPAddress.Loopback, FreePort());
        var start = new ProcessStartInfo(executable)
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "discovery", "--kubeconfig", config, "--grpcAddr", Xds.ToString(), "--monitoringAddr", Monitoring.ToString(),
                "--httpAddr", "127.0.0.1:0", "--httpsAddr", "127.0.0.1:0", "--secureGRPCAddr", "127.0.0.1:0", "--log_output_level", "default:warn",
            },
        };
        Started = Stopwatch.GetTimestamp();
        _process = Process.Start(start)!;
        _output = EchoAsync();
    }

    public long Started { get; }

    public IPEndPoint Xds { get; }

    public IPEndPoint Monitoring { get; }

    /// <summary>User and system time so far, in milliseconds.</summary>
    public double CpuMilliseconds()
    {
        _process.Refresh();
        return _process.TotalProcessorTime.TotalMilliseconds;
    }

    /// <summary>Resident memory in MB.</summary>
    public double ResidentMb()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    // Warnings of the server belong to the figures: a bench over a failing control plane would measure nothing.
    private async Task EchoAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            await Console.Error.WriteLineAsync($"lateend: {line}");
        }
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
