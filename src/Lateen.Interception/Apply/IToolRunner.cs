namespace Lateen.Interception.Apply;

/// <summary>Runs programs. The one place where interception touches the system through other programs.</summary>
public interface IToolRunner
{
    /// <summary>Runs a program to its end, at most 30 s.</summary>
    /// <param name="program">Name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it reads from its standard input.</param>
    ToolResult Run(string program, IReadOnlyList<string> arguments, string input = "");

    /// <summary>The path of a program; null where there is none of that name.</summary>
    string? Find(string program);
}
