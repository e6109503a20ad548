using System.Diagnostics;
using System.Globalization;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>A container's first process, from its launch to its end.</summary>
internal sealed class ContainerProcess : IDisposable
{
    private readonly ContainerPlan _plan;
    private readonly Process _process;
    private readonly ICommandRunner _runner;

    private ContainerProcess(ContainerPlan plan, Process process, ICommandRunner runner, TimeProvider time)
    {
        (_plan, _process, _runner) = (plan, process, runner);
        Up = PidAsync(process.StandardOutput.BaseStream);
        Logged = LogAsync(time);
        Exited = WaitAsync();
    }

    /// <summary>What it was started from.</summary>
    public ContainerPlan Plan => _plan;

    /// <summary>Completes when its root stands and its program starts, with its pid as the host counts; null when that failed.</summary>
    public Task<int?> Up { get; }

    /// <summary>Completes when nothing more comes to its log.</summary>
    public Task Logged { get; }

    /// <summary>Completes with its exit status; 128 plus the signal when one ended it.</summary>
    public Task<int> Exited { get; }

    /// <summary>Its pid as the host counts; null before its root stands, and after its end.</summary>
    public int? Pid => Up.IsCompletedSuccessfully && !Exited.IsCompleted ? Up.Result : null;

    /// <summary>Starts a container.</summary>
    public static async Task<ContainerProcess> StartAsync(ContainerPlan plan, ProcessLauncher launcher, ICommandRunner runner, TimeProvider time)
    {
        Directory.CreateDirectory(plan.Folder);
        string script = Path.Combine(plan.Folder, "launch.sh");
        await File.WriteAllTextAsync(script, LaunchScript.Build(plan));
        // The chain dies from its top: this process ends -> unshare ends -> the first process of the pid namespace ends, and with it all others.
        ProcessStartInfo start = new("setpriv",
        [
            "--pdeathsig", "KILL", "--", "setsid", "nsenter", $"--net=/run/netns/{plan.NetworkNamespace}", "--",
            "unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--propagation", "private", "--",
            "/bin/sh", script,
        ])
        {
            WorkingDirectory = "/",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new ContainerProcess(plan, await launcher.StartAsync(start), runner, time);
    }

    /// <summary>Sends a signal to the container's first process.</summary>
    /// <returns>Whether the signal can have an effect: a pid namespace's first process only gets signals that it handles (pid_namespaces(7)).</returns>
    public async Task<bool> SignalAsync(string signal, CancellationToken cancellation)
    {
        if (Pid is not { } pid)
        {
            return false;
        }

        bool handled = signal == "KILL" || Handles(pid, signal);
        await _runner.RunAsync(new Command("kill", "-" + signal, pid.ToString(CultureInfo.InvariantCulture)), cancellation);
        return handled;
    }

    /// <summary>Ends the container at once.</summary>
    public async Task KillAsync()
    {
        if (!await SignalAsync("KILL", CancellationToken.None) && !Exited.IsCompleted)
        {
            // Its root does not stand yet.
            _process.Kill();
        }

        await Exited;
    }

    public void Dispose() => _process.Dispose();

    private static bool Handles(int pid, string signal)
    {
        int number = signal switch { "HUP" => 1, "INT" => 2, "QUIT" => 3, "USR1" => 10, "USR2" => 12, _ => 15 };
        try
        {
            string? mask = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith("SigCgt:", StringComparison.Ordinal));
            return mask is not null
                && ulong.TryParse(mask.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong caught)
                && (caught & (1UL << (number - 1))) != 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The script's first line says the pid; what follows is the program's.
    private static async Task<int?> PidAsync(Stream output)
    {
        byte[] digit = new byte[1];
        int pid = 0;
        while (await output.ReadAsync(digit) == 1)
        {
            if (digit[0] == '\n')
            {
                return pid;
            }

            pid = (pid * 10) + (digit[0] - '0');
        }

        return null;
    }

    private async Task LogAsync(TimeProvider time)
    {
        await Up;
        await ContainerLogFile.WriteAsync(_plan.LogFile, _process.StandardOutput.BaseStream, _process.StandardError.BaseStream, time);
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        await Logged;
        return _process.ExitCode;
    }
}
