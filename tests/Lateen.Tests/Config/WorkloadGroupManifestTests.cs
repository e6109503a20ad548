using Lateen.Config.Manifests;
using Xunit;

namespace Lateen.Tests.Config;

/// <summary>`lateen x workload group create`.</summary>
public sealed class WorkloadGroupManifestTests
{
    [Fact]
    public void Group_HoldsWhatIsGivenAndNothingElse() => Assert.Equal(
        """{"apiVersion":"networking.istio.io/v1alpha3","kind":"WorkloadGroup","metadata":{"name":"a","namespace":"b"},"spec":{"metadata":{"labels":{"app":"x"}},"template":{"ports":{"http":8080},"serviceAccount":"default"}}}""",
        new WorkloadGroupManifest("a", "b") { Labels = ["app=x"], Ports = ["http=8080"] }.ToJson().ToJsonString());

    [Theory]
    [InlineData("", "b", "http=1", "expecting a workload name")]
    [InlineData("a", "", "http=1", "expecting a workload namespace")]
    [InlineData("a", "b", "http", "\"http\" of ports is no name=value")]
    [InlineData("a", "b", "http=70000", "\"70000\" is no port: write name=number, 1 to 65535")]
    public void Group_ThatIsIncomplete_SaysWhatIsMissing(string name, string ns, string port, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => new WorkloadGroupManifest(name, ns) { Ports = [port] }.ToJson()).Message);
}
