namespace Lateen.Sandbox.Network;

/// <summary>A program of the host to run, with its input.</summary>
/// <param name="Program">Its name, looked up in PATH.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads from its standard input; null for nothing.</summary>
    public string? Input { get; init; }

    /// <summary>The command as it would be typed, for messages.</summary>
    public override string ToString() => $"{Program} {string.Join(' ', Arguments)}";
}

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its error output.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>A command of the host failed; the message holds the command, its exit status and what it said.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Runs programs of the host: the one face between the sandbox and ip, nsenter, iptables-restore.</summary>
internal interface ICommandRunner
{
    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="CommandException">The program could not be started.</exception>
    Task<CommandResult> RunAsync(Command command, CancellationToken cancellation);
}

/// <summary>What callers do with a runner.</summary>
internal static class CommandRunnerExtensions
{
    /// <summary>Runs a command that must succeed and returns its output.</summary>
    /// <exception cref="CommandException">It could not be started, or its exit status is not 0.</exception>
    public static async Task<string> RequireAsync(this ICommandRunner runner, Command command, CancellationToken cancellation)
    {
        CommandResult result = await runner.RunAsync(command, cancellation);
        return result.ExitCode == 0
            ? result.Output
            : throw new CommandException($"{command}: exit status {result.ExitCode}: {result.Error.Trim()}");
    }
}
