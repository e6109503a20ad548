using System.Text.Json.Nodes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Network;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Controllers;

public sealed class LoadBalancerTests
{
    private static readonly NetworkOptions Network = new();

    [Theory]
    [InlineData("{}", "{}", "", "10.96.255.223")]
    [InlineData("{}", "{}", "10.96.255.223", "10.96.255.224")]
    [InlineData("{}", """{"loadBalancer":{"ingress":[{"ip":"10.96.255.240"}]}}""", "10.96.255.223", "10.96.255.240")]
    [InlineData("""{"loadBalancerIP":"10.96.255.230"}""", "{}", "", "10.96.255.230")]
    [InlineData("""{"loadBalancerIP":"10.96.255.230"}""", """{"loadBalancer":{"ingress":[{"ip":"10.96.255.240"}]}}""", "", "10.96.255.230")]
    [InlineData("""{"loadBalancerIP":"10.96.255.230"}""", "{}", "10.96.255.230", null)]
    [InlineData("""{"loadBalancerIP":"192.0.2.1"}""", "{}", "", null)]
    public void Choose_WhatIsAskedForAndTaken_GivesTheAddress(string spec, string status, string taken, string? expected)
    {
        JsonObject service = new() { ["spec"] = JsonNode.Parse(spec), ["status"] = JsonNode.Parse(status) };

        LoadBalancerController.Choose(service, Network.LoadBalancerAddresses, new HashSet<string>([taken, ""])).ShouldBe(expected);
    }

    [Fact]
    public void LoadBalancerAddresses_OfTheDefaultRange_AreItsLastOnes()
    {
        Network.LoadBalancerAddresses.Count.ShouldBe(32);
        Network.LoadBalancerAddresses[0].ToString().ShouldBe("10.96.255.223");
        Network.LoadBalancerAddresses[^1].ToString().ShouldBe("10.96.255.254");
    }
}
