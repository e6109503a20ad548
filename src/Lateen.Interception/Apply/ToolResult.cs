namespace Lateen.Interception.Apply;

/// <summary>How a tool ended.</summary>
/// <param name="ExitCode">Its exit code; 127 where it could not be started.</param>
public sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Whether it says that it did what it was asked.</summary>
    public bool Succeeded => ExitCode == 0;
}
