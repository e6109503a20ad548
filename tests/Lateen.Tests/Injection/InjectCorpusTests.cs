using System.Text.Json.Nodes;
using Lateen.Conformance;
using Lateen.Conformance.Families;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection;

/// <summary>Runs the corpus's injection cases where the corpus is at hand.</summary>
public sealed class InjectCorpusTests
{
    [Fact]
    public void Corpus_InjectFamily_Passes()
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("LATEEN_CORPUS") ?? Beside("shared/corpus") ?? "", "inject");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "cases.json")), "no corpus: set LATEEN_CORPUS to its folder");
        var family = new Inject();

        var failures = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "cases.json")))!.AsArray()
            .Select(json => new ConformanceCase(folder, json!.AsObject()))
            .Select(c => (c.Id, Result: family.Run(c)))
            .Where(run => run.Result.Outcome == CaseOutcome.Failed)
            .Select(run => $"{run.Id}: {run.Result.Reason}");

        failures.ShouldBeEmpty();
    }

    // The corpus stands beside the project, whatever folder below it the tests run in.
    private static string? Beside(string path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Lateen.slnx")))
            {
                return at.Parent is null ? null : Path.Combine(at.Parent.FullName, path);
            }
        }

        return null;
    }
}
