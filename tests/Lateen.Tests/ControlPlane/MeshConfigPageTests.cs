using System.Text.Json.Nodes;
using Lateen.ControlPlane.Debug;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

public sealed class MeshConfigPageTests
{
    [Fact]
    public void Over_JoinsProvidersAndAliases()
    {
        var page = (JsonObject)JsonNode.Parse("""{"defaultProviders":{"metrics":["a"]},"trustDomainAliases":["b"],"dnsRefreshRate":"60s"}""")!;
        var given = (JsonObject)JsonNode.Parse("""{"defaultProviders":{"tracing":["c"]},"trustDomainAliases":["b","a"],"dnsRefreshRate":"5s"}""")!;
        MeshConfigPage.Over(page, given).ToJsonString().ShouldBe(
            """{"defaultProviders":{"metrics":["a"],"tracing":["c"]},"trustDomainAliases":["a","b"],"dnsRefreshRate":"5s"}""");
    }
}
