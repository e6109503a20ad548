using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Model.Scope;

public class SidecarScopeTests
{
    [Fact]
    public void Services_SeveralObjectsMakeOneHost_HasThePortsOfThoseThatAreExportedHere()
    {
        var snapshot = MeshSnapshot.Build(new MeshInputs
        {
            Configs =
            [
                Entry("first", 70, "."),
                Entry("second", 80, "*"),
                Entry("third", 90, "b"),
                new SidecarConfig { Meta = Meta("Sidecar", "b", "all"), Egress = [new SidecarEgress { Hosts = ["*/*"] }] },
            ],
        });
        var proxy = new ProxyNode { Id = "x.b", Namespace = "b", Addresses = ["10.0.0.1"] };
        snapshot.ScopeOf(proxy).Services.Single().Ports.Select(port => port.Number).ShouldBe([80, 90]);
    }

    private static ServiceEntryConfig Entry(string name, int port, string exportTo) => new()
    {
        Meta = Meta("ServiceEntry", "a", name), Hosts = ["ext.example.com"], Ports = [new GatewayPort(port, "TCP", "p")], ExportTo = [exportTo],
    };

    private static ConfigMeta Meta(string kind, string ns, string name) => new() { Kind = kind, Namespace = ns, Name = name };
}
