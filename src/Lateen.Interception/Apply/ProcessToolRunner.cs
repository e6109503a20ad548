using System.ComponentModel;
using System.Diagnostics;

namespace Lateen.Interception.Apply;

/// <summary>Runs programs as child processes of the calling thread, so they inherit its network namespace.</summary>
/// <param name="searchPath">Folders to look in, as in PATH; the usual system folders are looked in afterwards.</param>
/// <param name="prefix">Words that go before every command, for example nsenter and its arguments.</param>
public sealed class ProcessToolRunner(string searchPath, IReadOnlyList<string>? prefix = null) : IToolRunner
{
    private const int CouldNotStart = 127;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string[] _folders =
        [.. searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries).Union(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"])];

    /// <inheritdoc/>
    public string? Find(string program) => program.Contains('/', StringComparison.Ordinal)
        ? File.Exists(program) ? program : null
        : _folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public ToolResult Run(string program, IReadOnlyList<string> arguments, string input = "")
    {
        ArgumentNullException.ThrowIfNull(arguments);
        string[] command = [.. prefix ?? [], Find(program) ?? program, .. arguments];
        ProcessStartInfo start = new(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in command.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(start)!;
            return Converse(process, input);
        }
        catch (Win32Exception e)
        {
            return new ToolResult(CouldNotStart, "", $"{command[0]}: {e.Message}");
        }
    }

    private static ToolResult Converse(Process process, string input)
    {
        // Errors are read beside the output, so that neither pipe can fill up while the other is waited for.
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of its input: its exit code says why.
        }

        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return new ToolResult(CouldNotStart, "", $"{process.StartInfo.FileName}: no answer within {Limit.TotalSeconds:0} s");
        }

        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}
