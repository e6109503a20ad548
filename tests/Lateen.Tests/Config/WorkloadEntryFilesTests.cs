using System.Text.Json.Nodes;
using Lateen.Config.Manifests;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config;

/// <summary>`lateen x workload entry configure`: what a machine is given.</summary>
public sealed class WorkloadEntryFilesTests
{
    private static readonly WorkloadEntryOptions Options = new("istio-system", "", "Kubernetes");

    [Fact]
    public void Files_OfAGroup_NameItsPortsLabelsAndAccount()
    {
        var files = WorkloadEntryFiles.Of(
            Group("""{"metadata":{"labels":{"app":"db","version":"v2"}},"template":{"serviceAccount":"vm","network":"n1","ports":{"sql":3306}}}"""),
            Object("""{"trustDomain":"corp","defaultConfig":{"statusPort":15030,"proxyMetadata":{"A":"it's"}}}"""),
            Options with { ExternalIp = "192.0.2.7", IngressIp = "192.0.2.9", AutoRegister = true, CaptureDns = false });

        var lines = files.ClusterEnv.Split('\n');
        lines.ShouldContain(@"A='it'\''s'");
        lines.ShouldContain("CANONICAL_SERVICE='db'");
        lines.ShouldContain("CANONICAL_REVISION='v2'");
        lines.ShouldContain("ISTIO_INBOUND_PORTS='3306'");
        lines.ShouldContain("ISTIO_LOCAL_EXCLUDE_PORTS='22,15090,15021,15030'");
        lines.ShouldContain("""ISTIO_META_POD_PORTS='[{"name":"sql","containerPort":3306}]'""");
        lines.ShouldContain("ISTIO_META_AUTO_REGISTER_GROUP='group'");
        lines.ShouldContain("ISTIO_SVC_IP='192.0.2.7'");
        lines.ShouldContain("REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION='true'");
        lines.ShouldContain("TRUST_DOMAIN='corp'");
        lines.ShouldNotContain("ISTIO_META_DNS_CAPTURE='true'");
        files.Hosts.ShouldBe("192.0.2.9 istiod.istio-system.svc\n");
        ((string?)files.Mesh["defaultConfig"]!["proxyMetadata"]!["SERVICE_ACCOUNT"]).ShouldBe("vm");
    }

    [Fact]
    public void Files_WithoutPortsOrGateway_CaptureEverythingAndKnowNoHost()
    {
        var files = WorkloadEntryFiles.Of(Group("{}"), [], Options with { Revision = "canary" });

        files.ClusterEnv.ShouldContain("ISTIO_INBOUND_PORTS='*'\n");
        files.ClusterEnv.ShouldContain("CA_ADDR='istiod-canary.istio-system.svc:15012'\n");
        files.ClusterEnv.ShouldContain("ISTIO_META_DNS_CAPTURE='true'\n");
        files.Hosts.ShouldBeEmpty();
        ((string?)files.Mesh["defaultConfig"]!["discoveryAddress"]).ShouldBe("istiod-canary.istio-system.svc:15012");
    }

    [Fact]
    public void Annotation_ThatIsNoProxyConfig_IsRefusedWithItsPlace()
    {
        var group = Group("{}");
        group["metadata"]!["annotations"] = new JsonObject { ["proxy.istio.io/config"] = "just text" };

        Should.Throw<FormatException>(() => WorkloadEntryFiles.Of(group, [], Options)).Message
            .ShouldBe("WorkloadGroup vms/group metadata.annotations[proxy.istio.io/config] holds no ProxyConfig");
    }

    private static JsonObject Group(string spec) => new()
    {
        ["kind"] = "WorkloadGroup", ["metadata"] = new JsonObject { ["name"] = "group", ["namespace"] = "vms" }, ["spec"] = JsonNode.Parse(spec),
    };

    private static JsonObject Object(string json) => (JsonObject)JsonNode.Parse(json)!;
}
