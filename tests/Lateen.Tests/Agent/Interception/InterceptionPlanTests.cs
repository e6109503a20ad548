using Lateen.Agent.Interception;
using Lateen.Agent.Settings;
using Lateen.Interception.Options;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent.Interception;

public sealed class InterceptionPlanTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("lateen-plan-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("sidecar", "REDIRECT", true)]
    [InlineData("sidecar", "TPROXY", true)]
    [InlineData("sidecar", "NONE", false)]
    [InlineData("sidecar", "", false)]
    [InlineData("router", "REDIRECT", false)]
    public void Plan_RoleAndMode_AsksForAProofOnlyWhereTrafficIsCaptured(string role, string mode, bool asks) =>
        (InterceptionPlan.Of(Options(role, mode, "10.0.0.1")) is not null).ShouldBe(asks);

    [Theory]
    [InlineData("10.0.0.1 fd00::1", "V4")]
    [InlineData("fd00::1 10.0.0.1", "V4")]
    [InlineData("fd00::1", "V6")]
    public void Plan_PodAddresses_TakesTheVersionThatHasRules(string addresses, string version) =>
        InterceptionPlan.Of(Options("sidecar", "REDIRECT", addresses.Split(' ')))!.Version.ShouldBe(Enum.Parse<IpVersion>(version));

    [Fact]
    public void Plan_ProbePortExemptByAnnotation_TakesAnotherOne()
    {
        Annotate("traffic.sidecar.istio.io/excludeOutboundPorts=\"80, 15002\"");

        InterceptionPlan.Of(Options("sidecar", "REDIRECT", "10.0.0.1"))!.Ports.ShouldBe([15003, 15005, 15007, 15009]);
    }

    [Fact]
    public void Plan_LoopbackExemptByAnnotation_AsksForNothing()
    {
        Annotate("traffic.sidecar.istio.io/excludeInterfaces=\"lo,eth1\"");

        InterceptionPlan.Of(Options("sidecar", "REDIRECT", "10.0.0.1")).ShouldBeNull();
    }

    private void Annotate(string line)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root.FullName, "etc/istio/pod")).FullName;
        File.WriteAllText(Path.Combine(folder, "annotations"), line + "\n");
    }

    private AgentOptions Options(string role, string mode, params string[] addresses) => new()
    {
        Role = role,
        Domain = "default.svc.cluster.local",
        Addresses = addresses,
        Root = _root.FullName,
        Environment = new Dictionary<string, string> { ["ISTIO_META_INTERCEPTION_MODE"] = mode },
        Proxy = new ProxyConfig(),
    };
}
