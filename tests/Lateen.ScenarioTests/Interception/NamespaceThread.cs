using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Lateen.ScenarioTests.Interception;

/// <summary>
/// A network namespace without a name, held by one thread: it is gone when the thread or the process ends, however that happens. Sockets and child
/// processes that the thread makes are inside.
/// </summary>
internal sealed class NamespaceThread : IDisposable
{
    private const int CloneNewNet = 0x40000000;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private int _threadId;

    public NamespaceThread()
    {
        _thread = new Thread(Loop) { IsBackground = true };
        _thread.Start();
        Run(() =>
        {
            if (unshare(CloneNewNet) != 0)
            {
                throw new InvalidOperationException("unshare: " + Marshal.GetLastPInvokeErrorMessage());
            }

            _threadId = gettid();
        });
        Ip("link set lo up");
    }

    /// <summary>The namespace as a path, for other programs.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/task/{_threadId}/ns/net";

    public void Run(Action action) => Run(() =>
    {
        action();
        return 0;
    });

    public T Run<T>(Func<T> function)
    {
        if (Thread.CurrentThread == _thread)
        {
            return function();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using ManualResetEventSlim done = new();
        _work.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            done.Set();
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    /// <summary>Runs ip with several commands, one per line.</summary>
    public void Ip(string commands) => Shell("ip", ["-batch", "-"], commands).ShouldSucceed();

    /// <summary>Runs a program inside.</summary>
    public (int ExitCode, string Output, string Errors) Shell(string program, string[] arguments, string input = "") => Run(() =>
    {
        ProcessStartInfo start = new(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int unshare(int flags);

    [DllImport("libc")]
    private static extern int gettid();

    private void Loop()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}

internal static class ShellResults
{
    public static void ShouldSucceed(this (int ExitCode, string Output, string Errors) result)
    {
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"exit code {result.ExitCode}: {result.Errors}{result.Output}");
        }
    }
}
