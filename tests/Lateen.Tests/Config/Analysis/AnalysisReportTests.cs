using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Analysis.Reports;
using Lateen.Config.Sources.Files;
using Xunit;

namespace Lateen.Tests.Config.Analysis;

/// <summary>What is shown of findings, in which order, and when the command fails.</summary>
public sealed class AnalysisReportTests
{
    private const string Objects = """
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: b, namespace: two}
        spec: {hosts: [b], http: [{route: [{destination: {host: nobody}}]}]}
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: a, namespace: one}
        spec: {hosts: [a], http: [{route: [{destination: {host: nobody}}]}]}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: one}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: odd, namespace: one}
        spec: {type: ExternalName, externalName: example.com, ports: [{port: 443}]}
        """;

    private static readonly AnalyzedMesh Mesh = new(ConfigText.Read(Objects, null, "default", []));

    [Fact]
    public void Order_IsLevelThenCodeThenObject() => Assert.Equal(
        ["IST0101 VirtualService one/a", "IST0101 VirtualService two/b", "IST0150 Service one/odd", "IST0102 Namespace one"],
        Shown(new ReportOptions()));

    [Fact]
    public void Namespace_HidesOthersAndKeepsItsOwnObject() => Assert.Equal(
        ["IST0101 VirtualService one/a", "IST0150 Service one/odd", "IST0102 Namespace one"], Shown(new ReportOptions { Namespace = "one" }));

    [Fact]
    public void OutputThreshold_HidesLowerLevelsButDoesNotMakeItPass()
    {
        var report = AnalysisReport.Of(Mesh, new ReportOptions { Namespace = "one", OutputThreshold = ProblemSeverity.Error, FailureThreshold = ProblemSeverity.Warning });

        Assert.Single(report.Shown);
        Assert.True(report.HasFailed);
    }

    [Theory]
    [InlineData("IST0101=VirtualService one/*", 3)]
    [InlineData("IST0101=*", 2)]
    [InlineData("IST0101=VirtualService a.one", 4)]
    public void Suppression_TakesAwayWhatItsPatternMatches(string suppression, int left) =>
        Assert.Equal(left, Shown(new ReportOptions { Suppressions = [MessageSuppression.Parse(suppression)!] }).Length);

    [Theory]
    [InlineData("IST0161=x", true)]
    [InlineData("IST0124=x", false)]
    [InlineData("IST0162=x", false)]
    public void Suppression_OfACodeThatDoesNotExist_IsRecognised(string text, bool isKnown) => Assert.Equal(isKnown, MessageSuppression.Parse(text)!.IsKnownCode);

    [Theory]
    [InlineData("IST0101")]
    [InlineData("IST0101=a=b")]
    public void Suppression_NotOneEqualsSign_IsNone(string text) => Assert.Null(MessageSuppression.Parse(text));

    [Fact]
    public void Annotation_OfTheObject_Suppresses()
    {
        var mesh = new AnalyzedMesh(ConfigText.Read(
            Objects.Replace("{name: a, namespace: one}", "{name: a, namespace: one, annotations: {galley.istio.io/analyze-suppress: 'IST0108, IST0101'}}", StringComparison.Ordinal),
            null, "default", []));

        Assert.DoesNotContain(AnalysisReport.Of(mesh, new ReportOptions()).Shown, problem => problem.Where.Resource?.Name == "a");
    }

    [Fact]
    public void Json_HasIstioctlsFields()
    {
        var first = JsonNode.Parse(MessageText.Json(AnalysisReport.Of(Mesh, new ReportOptions()).Shown))![0]!.AsObject();

        Assert.Equal(["code", "documentationUrl", "level", "message", "origin"], first.Select(field => field.Key));
        Assert.Equal("https://istio.io/v1.19/docs/reference/config/analysis/ist0101/?ref=istioctl-analyze", (string?)first["documentationUrl"]);
    }

    [Fact]
    public void Colour_SurroundsTheLevel()
    {
        var lines = MessageText.Lines(AnalysisReport.Of(Mesh, new ReportOptions { Namespace = "two" }).Shown, colour: true);

        Assert.StartsWith("\u001b[1;31mError\u001b[0m [IST0101] (VirtualService two/b) ", lines, StringComparison.Ordinal);
    }

    private static string[] Shown(ReportOptions options) =>
        [.. AnalysisReport.Of(Mesh, options).Shown.Select(problem => $"{problem.Code} {problem.Where.Resource}")];
}
