using System.Diagnostics;

namespace Lateen.Sandbox.Up;

/// <summary><c>lateen up</c>: starts the daemon that hosts the mesh and waits until its control plane serves.</summary>
public static class SandboxUp
{
    /// <summary>The line by which the daemon says that the mesh is up; the ones before it are progress.</summary>
    internal const string ReadyLine = "the mesh is up";

    /// <summary>How long the daemon may take before the start counts as failed.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Brings the mesh up; on failure or cancellation nothing of it is left.</summary>
    /// <param name="options">The mesh.</param>
    /// <param name="daemonArguments">The command line that makes the running executable host this mesh.</param>
    /// <param name="progress">Gets a sentence at each step.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="SandboxException">The mesh is up already, or did not come up; the message says why.</exception>
    public static async Task RunAsync(SandboxOptions options, IEnumerable<string> daemonArguments, IProgress<string> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (new DaemonProcess(options).Find() is { } running)
        {
            throw new SandboxException($"mesh {options.Network.Mesh} is up already: process {running} hosts it from {options.Home}; take it down first with 'lateen down'");
        }

        // A session of its own: the terminal's Ctrl-C reaches us, and we decide.
        using Process daemon = Process.Start(new ProcessStartInfo("setsid", [Environment.ProcessPath!, .. daemonArguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new SandboxException("the program setsid did not start");
        daemon.StandardInput.Close();
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(Limit);
        try
        {
            await FollowAsync(daemon, progress, limited.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SandboxException)
        {
            // The daemon first, by the number that we know: one so young that it has not yet written down who it is would go on beside the clean-up.
            await SandboxDown.EndAsync(daemon, CancellationToken.None);
            await SandboxDown.RunAsync(options, CancellationToken.None, keepLog: e is SandboxException || !cancellation.IsCancellationRequested);
            if (e is SandboxException || cancellation.IsCancellationRequested)
            {
                throw;
            }

            throw new SandboxException($"the mesh did not come up within {Limit.TotalSeconds:0} s; the log is {options.Log}");
        }
    }

    private static async Task FollowAsync(Process daemon, IProgress<string> progress, CancellationToken cancellation)
    {
        Task<string> errors = daemon.StandardError.ReadToEndAsync(cancellation);
        while (await daemon.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (line == ReadyLine)
            {
                return;
            }

            progress.Report(line);
        }

        throw new SandboxException($"the mesh did not come up: {(await errors).Trim()}");
    }
}
