using System.Net;
using Lateen.Sandbox.Network;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Network;

public sealed class NetworkOptionsTests
{
    [Fact]
    public void Addresses_OfADefaultMesh_StandAtTheRangesEnds()
    {
        NetworkOptions options = new();

        options.Gateway.ToString().ShouldBe("10.244.0.1");
        options.NodeAddress.ToString().ShouldBe("10.244.255.253");
        options.HostAddress.ToString().ShouldBe("10.244.255.254");
        options.ApiServiceAddress.ToString().ShouldBe("10.96.0.1");
        options.DnsServiceAddress.ToString().ShouldBe("10.96.0.10");
        options.PodNamespace("0123456789").ShouldBe("lateen-pod-01234567");
    }

    [Theory]
    [InlineData("UPPER", "10.244.0.0/16", "mesh name 'UPPER'")]
    [InlineData("much-too-long", "10.244.0.0/16", "mesh name 'much-too-long'")]
    [InlineData("ok", "10.244.0.0/28", "pod range 10.244.0.0/28")]
    [InlineData("ok", "10.96.0.0/16", "overlap")]
    public void Validate_Unusable_SaysWhatAndWhy(string mesh, string pods, string message) =>
        Should.Throw<ArgumentException>(() => new NetworkOptions { Mesh = mesh, PodCidr = IPNetwork.Parse(pods) }.Validate())
            .Message.ShouldContain(message);

    [Fact]
    public void AddressPool_ReturnedAddress_ComesBackLast()
    {
        AddressPool pool = new(IPNetwork.Parse("10.0.0.0/24"));
        IPAddress first = pool.Take()!;
        first.ToString().ShouldBe("10.0.0.2");
        pool.Return(first);

        List<string> taken = [];
        while (pool.Take() is { } address)
        {
            taken.Add(address.ToString());
        }

        taken[0].ShouldBe("10.0.0.3");
        taken[^1].ShouldBe("10.0.0.2");
        taken.ShouldNotContain("10.0.0.252", "the last four addresses are the network's own");
    }

    [Fact]
    public void MountsBelow_NestedMounts_InnermostFirst()
    {
        string info = "1 0 8:1 / / rw - ext4 a rw\n2 1 0:5 / /var/lib/lateen/pods/a rw - tmpfs t rw\n3 2 0:6 / /var/lib/lateen/pods/a/b rw - tmpfs t rw\n4 1 0:7 / /var/lib/lateenx rw - tmpfs t rw\n";

        NetworkCleanup.MountsBelow("/var/lib/lateen", info).ShouldBe(["/var/lib/lateen/pods/a/b", "/var/lib/lateen/pods/a"]);
    }
}
