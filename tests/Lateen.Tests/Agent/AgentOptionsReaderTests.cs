using Lateen.Agent.Settings;
using Lateen.Agent.Verbs;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class AgentOptionsReaderTests
{
    private static readonly Dictionary<string, string> Injected = new()
    {
        ["POD_NAME"] = "web-1",
        ["POD_NAMESPACE"] = "shop",
        ["INSTANCE_IP"] = "10.244.1.2",
        ["PROXY_CONFIG"] = """{"discoveryAddress":"istiod.mesh.svc:15012","concurrency":3,"terminationDrainDuration":"7s","proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}}""",
    };

    [Fact]
    public void Read_ArgumentsOfAnInjectedPod_AreAccepted()
    {
        var options = Read(
            ["sidecar", "--domain", "shop.svc.cluster.local", "--proxyLogLevel=warning", "--proxyComponentLogLevel=misc:error", "--log_output_level=default:info"],
            Injected, out var problem)!;
        problem.ShouldBeNull();
        options.Role.ShouldBe("sidecar");
        options.Domain.ShouldBe("shop.svc.cluster.local");
        options.Concurrency.ShouldBe(3);
        options.Proxy.DiscoveryAddress.ShouldBe("istiod.mesh.svc:15012");
        options.Proxy.TerminationDrainDuration.ShouldBe(TimeSpan.FromSeconds(7));
        options.Addresses[0].ShouldBe("10.244.1.2");
        options.Variable("ISTIO_META_DNS_CAPTURE", "").ShouldBe("true");
    }

    [Theory]
    [InlineData(new[] { "waypoint" }, "proxy type \"waypoint\" is not supported; use sidecar or router")]
    [InlineData(new[] { "sidecar", "--nope" }, "unknown flag: --nope")]
    [InlineData(new[] { "sidecar", "--concurrency", "two" }, "invalid argument \"two\" for \"--concurrency\" flag: not a whole number")]
    [InlineData(new[] { "sidecar", "--domain" }, "flag needs an argument: --domain")]
    public void Read_WrongArguments_SaysWhich(string[] arguments, string expected)
    {
        Read(arguments, [], out var problem).ShouldBeNull();
        problem.ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"statusPort":"x"}""", "PROXY_CONFIG: statusPort")]
    [InlineData("""{"drainDuration":"soon"}""", "PROXY_CONFIG: drainDuration: soon is not a duration")]
    [InlineData("concurrency: 2", "PROXY_CONFIG: only JSON is read")]
    [InlineData("{", "PROXY_CONFIG: ")]
    public void Read_WrongProxyConfig_NamesTheField(string config, string expected)
    {
        Read(["sidecar"], new() { ["PROXY_CONFIG"] = config }, out var problem).ShouldBeNull();
        problem.ShouldStartWith(expected);
    }

    [Fact]
    public void Read_NoConcurrencyAnywhere_TakesTheCpuLimit() =>
        Read(["sidecar"], new() { ["ISTIO_CPU_LIMIT"] = "5" }, out _)!.Concurrency.ShouldBe(5);

    private static AgentOptions? Read(string[] arguments, Dictionary<string, string> environment, out string? problem) =>
        AgentOptionsReader.Read(Flags.Parse(arguments, AgentOptionsReader.Valued, AgentOptionsReader.Switches), environment, 2, out problem);
}
