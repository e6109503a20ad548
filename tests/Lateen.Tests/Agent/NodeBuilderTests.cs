using Lateen.Agent.Hosting;
using Lateen.Agent.Settings;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class NodeBuilderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("lateen-agent-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Build_InjectedPod_HasIstiosIdAndMetadata()
    {
        Directory.CreateDirectory(Path.Combine(_root.FullName, "etc/istio/pod"));
        File.WriteAllText(Path.Combine(_root.FullName, "etc/istio/pod/labels"), "app=\"web\"\nversion=\"v\\\"1\"\n");
        var node = NodeBuilder.Build(new AgentOptions
        {
            Role = "sidecar",
            Domain = "shop.svc.cluster.local",
            Proxy = new ProxyConfig(),
            Addresses = ["10.0.0.1", "fd00::1"],
            Root = _root.FullName,
            Environment = new Dictionary<string, string>
            {
                ["POD_NAME"] = "web-1",
                ["POD_NAMESPACE"] = "shop",
                ["SERVICE_ACCOUNT"] = "web",
                ["ISTIO_META_CLUSTER_ID"] = "Kubernetes",
                ["ISTIO_METAJSON_LABELS"] = "not json",
                ["ISTIO_METAJSON_PODS"] = """{"a":1}""",
            },
        });
        node.Id.ShouldBe("sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local");
        node.Cluster.ShouldBe("web.shop");
        node.Metadata.Fields["CLUSTER_ID"].StringValue.ShouldBe("Kubernetes");
        node.Metadata.Fields["INSTANCE_IPS"].StringValue.ShouldBe("10.0.0.1,fd00::1");
        node.Metadata.Fields["LABELS"].StructValue.Fields["version"].StringValue.ShouldBe("v\"1");
        node.Metadata.Fields["PODS"].StructValue.Fields["a"].NumberValue.ShouldBe(1);
    }
}
