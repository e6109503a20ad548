using System.ComponentModel;
using System.Diagnostics;

namespace Lateen.Sandbox.Network;

/// <summary>Runs commands as processes.</summary>
internal sealed class ProcessRunner : ICommandRunner
{
    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // Debian keeps the network tools in sbin, which a user's PATH may lack.
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        using Process process = new() { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            throw new CommandException($"{command.Program}: {error.Message}; is its Debian package installed (scripts/setup.sh)?", error);
        }

        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> failure = process.StandardError.ReadToEndAsync(cancellation);
            await WriteInputAsync(process, command.Input, cancellation);
            string[] texts = await Task.WhenAll(output, failure);
            await process.WaitForExitAsync(cancellation);
            return new CommandResult(process.ExitCode, texts[0], texts[1]);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task WriteInputAsync(Process process, string? input, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input; its exit status tells why.
        }
    }
}
