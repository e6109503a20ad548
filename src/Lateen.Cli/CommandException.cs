namespace Lateen.Cli;

/// <summary>A verb can not do what was asked; the message says what, where and what to do, and is all that the person sees.</summary>
internal sealed class CommandException : Exception
{
    public CommandException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <param name="exitCode">What the process ends with, where it is not 1.</param>
    public CommandException(string message, int exitCode)
        : base(message) => ExitCode = exitCode;

    public int ExitCode { get; } = 1;
}
