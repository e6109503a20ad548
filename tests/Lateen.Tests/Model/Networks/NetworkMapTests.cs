using Lateen.Config.Decoding.Mesh;
using Lateen.Model;
using Lateen.Model.Networks;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Model.Networks;

public class NetworkMapTests
{
    private const string Text = """
        networks:
          one:
            endpoints: [{fromRegistry: cluster-1}, {fromCidr: 10.0.0.0/8}]
            gateways: [{address: 1.1.1.1, port: 15443}]
          two:
            endpoints: [{fromCidr: 10.1.0.0/16}]
            gateways: [{registryServiceName: gateway.istio-system.svc.cluster.local, port: 443}]
        """;

    private static readonly EquatableMap<string, string> NoLabels = EquatableMap<string, string>.Empty;

    [Theory]
    [InlineData("10.2.0.1", "other", "one")]
    [InlineData("10.1.2.3", "other", "two")]
    [InlineData("192.168.0.1", "cluster-1", "one")]
    [InlineData("192.168.0.1", "other", "")]
    public void Address_IsInTheNarrowestRange_ElseInItsClustersNetwork(string address, string cluster, string network)
    {
        var decoded = MeshNetworksDecoder.Decode(Text, "meshNetworks");
        decoded.IsValid.ShouldBeTrue();
        new NetworkMap(decoded.Value!.Networks, "").Of(address, NoLabels, cluster).ShouldBe(network);
    }

    [Fact]
    public void Label_CountsBeforeTheCluster_TheClusterBeforeRanges()
    {
        var networks = MeshNetworksDecoder.Decode(Text, "meshNetworks").Value!.Networks;
        var map = new NetworkMap(networks, "three");
        map.Of("10.1.2.3", NoLabels, "other").ShouldBe("three");
        map.Of("10.1.2.3", new[] { KeyValuePair.Create(NetworkGateways.NetworkLabel, "four") }.ToEquatableMap(), "other").ShouldBe("four");
    }

    [Fact]
    public void Networks_WithAnUnknownField_AreRefusedWithItsPath()
    {
        var decoded = MeshNetworksDecoder.Decode("networks: {one: {gateway: []}}", "meshNetworks");
        decoded.IsValid.ShouldBeFalse();
        decoded.Problems[0].ToString().ShouldContain("networks.one.gateway");
    }
}
