using Lateen.Config;
using Lateen.Config.Decoding;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding;

public class YamlTreeTests
{
    private static (ConfigNode[] Documents, List<ConfigProblem> Problems) Read(string text)
    {
        var problems = new List<ConfigProblem>();
        return ([.. YamlTree.Read(text, "mesh.yaml", problems)], problems);
    }

    [Theory]
    [InlineData("yes", ConfigNodeKind.Boolean, "true")]
    [InlineData("\"yes\"", ConfigNodeKind.Text, "yes")]
    [InlineData("0644", ConfigNodeKind.Number, "420")]
    [InlineData("0x1f", ConfigNodeKind.Number, "31")]
    [InlineData("-5", ConfigNodeKind.Number, "-5")]
    [InlineData("1e3", ConfigNodeKind.Number, "1000")]
    [InlineData("10s", ConfigNodeKind.Text, "10s")]
    [InlineData("1.2.3", ConfigNodeKind.Text, "1.2.3")]
    [InlineData("2024-01-01", ConfigNodeKind.Text, "2024-01-01")]
    [InlineData("~", ConfigNodeKind.Null, "")]
    [InlineData("-", ConfigNodeKind.Null, null)]
    public void PlainScalar_ReadsAsKubectlDoes(string written, ConfigNodeKind kind, string? text)
    {
        if (text is null)
        {
            return;
        }

        var value = Read($"a: {written}").Documents[0].Member("a")!;
        value.Kind.ShouldBe(kind);
        value.Text.ShouldBe(text);
    }

    [Fact]
    public void SeveralDocuments_EmptyOnesLeftOut_LinesKept()
    {
        var (documents, problems) = Read("a: 1\n---\n---\nb:\n  - c: 2\n");
        problems.ShouldBeEmpty();
        documents.Length.ShouldBe(2);
        documents[1].Member("b")!.Items[0].Members[0].Line.ShouldBe(5);
    }

    [Fact]
    public void Anchor_AliasAndMerge_AreResolved()
    {
        var (documents, problems) = Read("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nsame: *b\n");
        problems.ShouldBeEmpty();
        var use = documents[0].Member("use")!;
        use.Member("x")!.Text.ShouldBe("1");
        use.Member("y")!.Text.ShouldBe("3");
        documents[0].Member("same")!.Member("y")!.Text.ShouldBe("2");
    }

    [Fact]
    public void SyntaxError_IsReportedWithFileAndLine_AndEarlierDocumentsStand()
    {
        var (documents, problems) = Read("a: 1\n---\nb: [1, 2\nc: 3\n");
        documents.Length.ShouldBe(1);
        problems.Single().Where.ToString().ShouldStartWith("mesh.yaml:");
    }

    [Fact]
    public void RepeatedField_IsAnError() =>
        Read("a: 1\na: 2\n").Problems.Single().What.ShouldContain("\"a\" is given twice");

    [Fact]
    public void AliasBomb_IsRefused()
    {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9)
            .Select(i => $"a{i}: &a{i} [{string.Join(",", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Read(text).Problems.Single().What.ShouldContain("more than");
    }

    [Fact]
    public void DeepNesting_IsRefused() => Read(new string('[', 5000)).Problems.Single().What.ShouldContain("deeper");
}
