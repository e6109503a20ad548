using System.Net;
using Lateen.Sandbox.Network;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Network;

public sealed class ServiceRulesTests
{
    private static readonly NetworkOptions Options = new();

    [Fact]
    public void Build_ThreeEndpoints_EachTakesItsShareOfWhatIsLeft()
    {
        string rules = ServiceRules.Build(Options, [Target("a/web:http", "10.96.1.0", "10.244.0.2:80", "10.244.0.3:80", "10.244.0.4:80")]);

        string[] shares = [.. rules.Split('\n').Where(line => line.StartsWith("-A LATEEN-SVC-", StringComparison.Ordinal))];
        shares.Length.ShouldBe(3);
        shares[0].ShouldContain("--probability 0.3333333333");
        shares[1].ShouldContain("--probability 0.5000000000");
        shares[2].ShouldNotContain("statistic");
        rules.ShouldContain("-p tcp -m tcp -j DNAT --to-destination 10.244.0.3:80");
        rules.ShouldContain("-A LATEEN-SERVICES -d 10.96.1.0/32 -p tcp -m tcp --dport 80 -m comment --comment \"a/web:http\" -j LATEEN-SVC-");
    }

    [Fact]
    public void Build_NoEndpoints_LeavesTheAddressToTheReject()
    {
        string rules = ServiceRules.Build(Options, [Target("a/web:http", "10.96.1.0")]);

        rules.ShouldNotContain("10.96.1.0/32");
        rules.ShouldContain("-A FORWARD -d 10.96.0.0/16 -j REJECT");
    }

    [Fact]
    public void Build_SameServicesInAnotherOrder_GivesTheSameRules()
    {
        ServiceTarget a = Target("a/web:http", "10.96.1.0", "10.244.0.2:80");
        ServiceTarget b = Target("b/web:http", "10.96.1.1", "10.244.0.3:80");

        ServiceRules.Build(Options, [a, b]).ShouldBe(ServiceRules.Build(Options, [b, a]));
    }

    [Fact]
    public void Build_ChainNames_FitTheKernel()
    {
        string rules = ServiceRules.Build(Options, [Target(new string('n', 200), "10.96.1.0", "10.244.0.2:80")]);

        // XT_EXTENSION_MAXNAMELEN is 29 with the final zero.
        rules.Split('\n').Where(line => line.StartsWith(':')).Select(line => line[1..].Split(' ')[0].Length).Max().ShouldBeLessThanOrEqualTo(28);
    }

    [Fact]
    public void Build_LoadBalancerAndNodePort_LeadToTheSameEndpoints()
    {
        string rules = ServiceRules.Build(Options, [Target("a/web:http", "10.96.1.0", "10.244.0.2:80") with { External = [IPAddress.Parse("10.96.255.224")], NodePort = 30080 }]);

        string chain = rules.Split('\n').Single(line => line.StartsWith("-A LATEEN-SVC-", StringComparison.Ordinal)).Split(' ')[1];
        rules.ShouldContain($"-A LATEEN-SERVICES -d 10.96.1.0/32 -p tcp -m tcp --dport 80 -m comment --comment \"a/web:http\" -j {chain}\n");
        rules.ShouldContain($"-A LATEEN-SERVICES -d 10.96.255.224/32 -p tcp -m tcp --dport 80 -m comment --comment \"a/web:http\" -j {chain}\n");
        rules.ShouldContain($"-A LATEEN-SERVICES -p tcp -m tcp --dport 30080 -m addrtype --dst-type LOCAL -m comment --comment \"a/web:http\" -j {chain}\n");
    }

    private static ServiceTarget Target(string name, string address, params string[] endpoints) =>
        new(name, IPAddress.Parse(address), "tcp", 80, [.. endpoints.Select(IPEndPoint.Parse)]);
}
