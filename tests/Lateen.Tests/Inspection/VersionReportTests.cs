using Lateen.Inspection.Versions;
using Xunit;

namespace Lateen.Tests.Inspection;

/// <summary>`lateen version`, in istioctl's lines.</summary>
public sealed class VersionReportTests
{
    private const string Syncz = """[{"proxy":"a.default","proxy_type":"sidecar","istio_version":"1.19.3"},{"proxy":"g.istio-system","proxy_type":"router","istio_version":"1.19.3"}]""";

    [Fact]
    public void Versions_ThatAgree_AreOneLineEach() => Assert.Equal(
        "client version: 1.19.3\ncontrol plane version: 1.19.3\ndata plane version: 1.19.3 (2 proxies)\n",
        new VersionReport("1.19.3", [new("pilot", "default", "1.19.3"), new("pilot", "default", "1.19.3")], VersionReport.ProxiesOf(Syncz)).Render());

    [Fact]
    public void Versions_OfPodsThatDiffer_AreToldOneByOne() => Assert.Contains(
        "pilot version: 1.19.3\npilot version: 1.19.4\n",
        new VersionReport("1.19.3", [new("pilot", "default", "1.19.3"), new("pilot", "canary", "1.19.4")], []).Render(),
        StringComparison.Ordinal);

    [Fact]
    public void NoControlPlane_LeavesTheClientsVersion() => Assert.Equal("1.19.3\n", new VersionReport("1.19.3", [], []).Render());

    [Fact]
    public void Json_CallsRoutersGateways()
    {
        var json = new VersionReport("1.19.3", [], VersionReport.ProxiesOf(Syncz)).ToJson();
        Assert.Equal("gateway", (string?)json["dataPlaneVersion"]![1]!["Type"]);
        Assert.Equal("1.19.3", (string?)json["clientVersion"]!["version"]);
    }
}
