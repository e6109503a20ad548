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
        command[0] = Find(command[0]) ?? command[0];
        return Spawn.Run(command, input, Limit) ?? new ToolResult(CouldNotStart, "", $"{command[0]} could not be started: is it installed and executable?");
    }
}
