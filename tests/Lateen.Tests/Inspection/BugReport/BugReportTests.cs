using System.Text.Json.Nodes;
using Lateen.Inspection.BugReport;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Inspection.BugReport;

/// <summary>What `lateen bug-report` takes and what it leaves out.</summary>
public sealed class BugReportTests
{
    private static readonly JsonObject Pod = (JsonObject)JsonNode.Parse(
        """{"metadata":{"name":"web-1","namespace":"shop","labels":{"app":"web"},"annotations":{"team":"front"}}}""")!;

    [Theory]
    [InlineData("", true)]
    [InlineData("shop", true)]
    [InlineData("other,shop/web", true)]
    [InlineData("sh*/we*/*-1/app=w*/team=front/istio-proxy", true)]
    [InlineData("shop//other", false)]
    [InlineData("shop///app=other", false)]
    [InlineData("shop/////discovery", false)]
    public void Selection_Includes_WhatAllPartsFit(string pattern, bool holds)
    {
        ReportSelection.Parse([pattern], []).Holds(Pod, "web", "istio-proxy").ShouldBe(holds);
        ReportSelection.Parse([], [pattern]).Holds(Pod, "web", "istio-proxy").ShouldBe(!holds);
    }

    [Fact]
    public void Selection_LeavesOutKubernetesItself() =>
        ReportSelection.Parse(["*"], []).Holds((JsonObject)JsonNode.Parse("""{"metadata":{"name":"dns","namespace":"kube-system"}}""")!, "dns", "dns").ShouldBeFalse();

    [Theory]
    [InlineData("a/b/c/d=e/f=g/h/i", "has 7 parts")]
    [InlineData("a/b/c/label", "\"label\" in \"a/b/c/label\" is no key=value")]
    public void Selection_ThatCanNotBeRead_SaysWhy(string pattern, string message) =>
        Should.Throw<FormatException>(() => ReportSelection.Parse([pattern], [])).Message.ShouldContain(message);

    [Theory]
    [InlineData("a\n-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nb", "a\n<redacted>\nb")]
    [InlineData("{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMHc\\n-----END PRIVATE KEY-----\\n\"}", "{\"k\":\"<redacted>\\n\"}")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMHc", "<redacted>")]
    [InlineData("Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0x.c2ln-_x end", "Bearer <redacted> end")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMHc\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMHc\n-----END CERTIFICATE-----")]
    public void Text_LosesKeysAndTokens_AndNothingElse(string text, string expected) => SecretText.Redact(text).ShouldBe(expected);

    [Fact]
    public void Window_KeepsLinesOfItsTime_AndWhatBelongsToThem()
    {
        const string Log = "start\n2024-01-01T10:00:00Z\tinfo\ta\n2024-01-01T11:00:00.5Z\terror\tb\n  at somewhere\n[2024-01-01T12:00:00Z] \"GET /\"\n";
        var ten = new DateTimeOffset(2024, 1, 1, 10, 30, 0, TimeSpan.Zero);

        new LogWindow(ten, null).Cut(Log).ShouldBe("2024-01-01T11:00:00.5Z\terror\tb\n  at somewhere\n[2024-01-01T12:00:00Z] \"GET /\"\n");
        new LogWindow(ten, ten.AddHours(1)).Cut(Log).ShouldBe("2024-01-01T11:00:00.5Z\terror\tb\n  at somewhere\n");
        new LogWindow(null, null).Cut(Log).ShouldBe(Log);
    }
}
