using System.Collections.Concurrent;
using System.Diagnostics;

namespace Lateen.Sandbox.Node;

/// <summary>Starts the processes that must die with this process.</summary>
/// <remarks>
/// The kernel sends the parent-death signal when the <em>thread</em> that started a process ends (prctl(2),
/// PR_SET_PDEATHSIG), and the thread pool's threads come and go. So one thread starts them all, and lives as long as this.
/// </remarks>
internal sealed class ProcessLauncher : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Done)> _requests = [];
    private readonly Thread _thread;

    public ProcessLauncher()
    {
        _thread = new Thread(Work) { Name = "launcher", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Starts a process.</summary>
    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        TaskCompletionSource<Process> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Add((start, done));
        return done.Task;
    }

    /// <summary>Ends the thread, and with it every process that still runs.</summary>
    public void Dispose()
    {
        _requests.CompleteAdding();
        _thread.Join();
        _requests.Dispose();
    }

    private void Work()
    {
        foreach ((ProcessStartInfo start, TaskCompletionSource<Process> done) in _requests.GetConsumingEnumerable())
        {
            try
            {
                done.SetResult(Process.Start(start)!);
            }
            catch (Exception error) when (error is InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
            {
                done.SetException(error);
            }
        }
    }
}
