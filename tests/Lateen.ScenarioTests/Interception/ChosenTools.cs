using Lateen.Interception.Apply;

namespace Lateen.ScenarioTests.Interception;

/// <summary>The programs of one backend, as an image with only these would have.</summary>
internal sealed class ChosenTools(BackendKind kind) : IToolRunner
{
    private readonly ProcessToolRunner _all = new("");

    public ToolResult Run(string program, IReadOnlyList<string> arguments, string input = "") => _all.Run(program, arguments, input);

    public string? Find(string program) => (kind switch
    {
        BackendKind.IptablesNft => program.Contains("-nft", StringComparison.Ordinal),
        BackendKind.IptablesLegacy => program.Contains("-legacy", StringComparison.Ordinal),
        _ => program == "nft",
    }) ? _all.Find(program) : null;
}
