using System.Diagnostics;
using Lateen.ScenarioTests.Mesh;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>A server that runs beside the tests; what it writes goes to a file.</summary>
internal sealed class BackgroundProcess : IAsyncDisposable
{
    private static readonly TimeSpan GracefulLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _log;

    private BackgroundProcess(Process process, string log) => (_process, _log) = (process, log);

    public bool HasExited => _process.HasExited;

    /// <summary>All that it has written so far.</summary>
    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <param name="log">The file to append its output to.</param>
    public static BackgroundProcess Start(
        string program, IEnumerable<string> arguments, string log, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The shell becomes the program: its process id is the program's.
        Process process = ProcessRun.Start("/bin/sh", ["-c", "exec \"$0\" \"$@\" >>\"$LATEEN_LOG\" 2>&1", program, .. arguments],
            new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["LATEEN_LOG"] = log });
        return new BackgroundProcess(process, log);
    }

    /// <summary>Asks it to stop and waits until it has.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            await ProcessRun.RunAsync("kill", ["-TERM", $"{_process.Id}"]);
            using CancellationTokenSource limit = new(GracefulLimit);
            await _process.WaitForExitAsync(limit.Token);
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
