using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Docs;

/// <summary>The pages that a newcomer reads first agree with the tree.</summary>
public sealed partial class DocumentTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Pages() =>
        [.. Directory.GetFiles(Root, "*.md").Concat(Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Root, path))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_ItsLinks_LeadToFilesThatExist(string page)
    {
        string path = Path.Combine(Root, page);
        string folder = Path.GetDirectoryName(path)!;
        Link().Matches(File.ReadAllText(path)).Select(m => m.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
            .Where(target => !Path.Exists(Path.Combine(folder, target.Split('#')[0])))
            .ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_TheFoldersItNames_Exist(string page) =>
        SourceFolder().Matches(File.ReadAllText(Path.Combine(Root, page))).Select(m => m.Value)
            .Where(path => !Path.Exists(Path.Combine(Root, path)) && !File.Exists(Path.Combine(Root, path + ".cs")))
            .ShouldBeEmpty();

    [Fact]
    public void Architecture_ItsTable_NamesEveryProject()
    {
        string text = File.ReadAllText(Path.Combine(Root, "ARCHITECTURE.md"));
        Directory.GetDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName)
            .Where(project => !text.Contains($"| `{project}` |", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    private static string FindRoot()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Lateen.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the project's tree");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"src/Lateen\.[A-Za-z0-9/]+")]
    private static partial Regex SourceFolder();
}
