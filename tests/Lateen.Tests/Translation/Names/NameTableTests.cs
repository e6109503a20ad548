using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Translation.Names;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Names;

public sealed class NameTableTests
{
    private const string Host = "db.example";

    private static readonly Service Kubernetes = Service("db", "10.0.0.7", ("tcp", 3306, Protocol.Tcp)) with { Hostname = Host };

    private static readonly Service Entry = Kubernetes with { Registry = Registry.External, Addresses = ["10.0.0.5"] };

    [Fact]
    public void ServiceEntry_WithSeveralAddresses_HasThemAll() =>
        Addresses([Entry, Entry with { Addresses = ["10.0.0.6"] }], []).ShouldBe(["10.0.0.5", "10.0.0.6"]);

    [Fact]
    public void ServiceEntry_OfAKubernetesServicesName_StandsBack()
    {
        Addresses([Kubernetes, Entry], []).ShouldBe(["10.0.0.7"]);
        Addresses([Entry, Kubernetes], []).ShouldBe(["10.0.0.7"]);
    }

    [Fact]
    public void ServiceEntry_WithoutAddressNorResolution_HasItsWorkloads()
    {
        var service = Entry with { Addresses = [], Resolution = Resolution.Passthrough };
        var endpoint = new Endpoint { Address = "1.2.3.4", Port = 3306, ServicePortName = "tcp" };
        Addresses([service], [new EndpointShard(service.Key, [endpoint])]).ShouldBe(["1.2.3.4"]);
    }

    [Fact]
    public void HeadlessService_WithPodsOfAnotherNetwork_NamesOnlyThoseThatAreReached()
    {
        var service = Kubernetes with { Addresses = [], Resolution = Resolution.Passthrough };
        var near = new Endpoint { Address = "1.2.3.4", Port = 3306, ServicePortName = "tcp", HostName = "pod1", Subdomain = "db", Network = "a" };
        var far = near with { Address = "1.2.3.5", HostName = "pod2", Network = "b" };
        var snapshot = MeshSnapshot.Build(new() { Services = [service], Endpoints = [new EndpointShard(service.Key, [near, far])] });
        NameTables.Build(new ProxyContext(snapshot, Sidecar() with { Network = "a" })).Table.Keys.ShouldBe(["pod1.db.example", Host], ignoreOrder: true);
    }

    private static List<string> Addresses(EquatableArray<Service> services, EquatableArray<EndpointShard> endpoints)
    {
        var snapshot = MeshSnapshot.Build(new() { Services = services, Endpoints = endpoints });
        return [.. NameTables.Build(new ProxyContext(snapshot, Sidecar())).Table[Host].Ips];
    }
}
