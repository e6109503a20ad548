using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Lateen.Sandbox.Up;

namespace Lateen.Cli.Commands.Sandbox;

/// <summary><c>lateen up</c>: the mesh on this machine.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        SandboxArguments arguments = new();
        Command command = new("up", "Brings the mesh up on this machine: a Kubernetes API, a node, the control plane and its gateways");
        arguments.AddForStartTo(command);
        command.SetAction(async (line, cancellation) =>
        {
            SandboxOptions options = arguments.Read(line);
            if (Environment.UserName != "root")
            {
                throw new CommandException("lateen up makes network namespaces and mounts: run it as root");
            }

            // The command line listens for signals only after this function's first wait; an interrupt before that would leave the daemon to nobody.
            using CancellationTokenSource interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            long start = Stopwatch.GetTimestamp();
            Progress progress = new(start);
            await SandboxUp.RunAsync(options, SandboxArguments.DaemonLine(options), progress, interrupted.Token);
            progress.Report("the mesh is up");
            Console.WriteLine($"export KUBECONFIG={options.Kubeconfig}");

            void End(PosixSignalContext signal)
            {
                signal.Cancel = true;
                interrupted.Cancel();
            }
        });
        return command;
    }

    /// <summary>Prints at once, in order, with the time since the start.</summary>
    private sealed class Progress(long start) : IProgress<string>
    {
        public void Report(string value) => Console.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds,6:0.00} s  {value}");
    }
}
