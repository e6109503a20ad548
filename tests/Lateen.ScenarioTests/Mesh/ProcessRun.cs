using System.Diagnostics;
using System.Text;

namespace Lateen.ScenarioTests.Mesh;

/// <summary>How a program ended and what it wrote.</summary>
internal sealed record ProcessOutcome(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Fails the test, with all that was written, unless the program succeeded.</summary>
    public ProcessOutcome MustSucceed() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"{Command}\nexit code {ExitCode}\n{Output}\n{Error}");
}

/// <summary>Runs programs to their end; none outlives its limit.</summary>
internal static class ProcessRun
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program; <paramref name="input"/> is its standard input.</summary>
    public static async Task<ProcessOutcome> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? limit = null)
    {
        using Process process = Start(program, arguments, environment);
        using CancellationTokenSource timeout = new(limit ?? DefaultLimit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.StandardInput.WriteAsync(input ?? "");
            process.StandardInput.Close();
            await process.WaitForExitAsync(timeout.Token);
            return new ProcessOutcome($"{program} {string.Join(' ', process.StartInfo.ArgumentList)}", process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', process.StartInfo.ArgumentList)}: no end within {limit ?? DefaultLimit}");
        }
    }

    /// <summary>Starts a program whose end the caller sees to.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }
}
