using System.Diagnostics;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Up;

/// <summary><c>lateen down</c>: takes a mesh away, whatever state it is in.</summary>
public static class SandboxDown
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Ends the daemon and removes processes, namespaces, links, mounts and state of the mesh. A mesh that is not there is no error.</summary>
    /// <param name="options">The mesh.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="keepLog">Leaves the daemon's log where it is.</param>
    /// <returns>What was removed, one line each; empty when nothing was up.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(SandboxOptions options, CancellationToken cancellation, bool keepLog = false)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> removed = [];
        if (new DaemonProcess(options).Find() is { } daemon)
        {
            using Process process = Process.GetProcessById(daemon);
            await EndAsync(process, cancellation);
            removed.Add($"process {daemon}");
        }

        removed.AddRange(await new NetworkCleanup(options.Network, new ProcessRunner()).RunAsync(options.Home, cancellation));
        RemoveState(options, keepLog);
        return removed;
    }

    /// <summary>Only what the sandbox made: the folder may have been somebody's before.</summary>
    private static void RemoveState(SandboxOptions options, bool keepLog)
    {
        if (!Directory.Exists(options.Home))
        {
            return;
        }

        foreach (string folder in new[] { options.PodsFolder, options.ApiFolder }.Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }

        File.Delete(options.Kubeconfig);
        File.Delete(options.ProcessFile);
        if (!keepLog)
        {
            File.Delete(options.Log);
        }

        if (!Directory.EnumerateFileSystemEntries(options.Home).Any())
        {
            Directory.Delete(options.Home);
        }
    }

    /// <summary>Asks a process to end, and ends it when it takes too long. One that has ended already is no error.</summary>
    internal static async Task EndAsync(Process process, CancellationToken cancellation)
    {
        await new ProcessRunner().RunAsync(new Command("kill", "-TERM", $"{process.Id}"), cancellation);
        using CancellationTokenSource grace = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        grace.CancelAfter(Grace);
        try
        {
            await process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            process.Kill();
            await process.WaitForExitAsync(cancellation);
        }
    }
}
