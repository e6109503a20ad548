using System.Net;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Interception;

/// <summary>The built lateen-agent with the arguments of an injected pod, in a pod's network namespace, with real connections.</summary>
public sealed class IstioIptablesCommandTests
{
    private const uint Application = 1000;
    private const uint Sidecar = 1337;
    private static readonly string Agent = Path.Combine(AppContext.BaseDirectory, "lateen-agent");
    private static readonly string[] InitContainer =
        ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020", "--log_output_level=default:info"];

    /// <summary>As the seed documents print them, tunnel port included.</summary>
    private const string Known = """
        -A PREROUTING -p tcp -j ISTIO_INBOUND
        -A OUTPUT -p tcp -j ISTIO_OUTPUT
        -A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
        -A ISTIO_INBOUND -p tcp -m tcp --dport 15090 -j RETURN
        -A ISTIO_INBOUND -p tcp -m tcp --dport 15021 -j RETURN
        -A ISTIO_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
        -A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
        -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
        -A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
        -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
        -A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
        -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
        -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT
        -A ISTIO_OUTPUT -o lo -m owner ! --gid-owner 1337 -j RETURN
        -A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
        -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
        -A ISTIO_OUTPUT -j ISTIO_REDIRECT
        -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
        """;

    [Fact]
    public void InitContainer_DefaultPod_ConnectionsGoWhereTheSeedsSay()
    {
        Privileges.Require();
        using PodLab lab = new();
        string before = lab.Pod.Shell("iptables-save", []).Output;
        lab.Pod.Shell(Agent, InitContainer).ShouldSucceed();
        string saved = lab.Pod.Shell("iptables-save", ["-t", "nat"]).Output;
        saved.Split('\n').Where(l => l.StartsWith("-A", StringComparison.Ordinal)).ShouldBe(Known.Split('\n'));

        // Outbound: captured with its destination; inbound likewise; excluded ports are not.
        Connect(lab, fromPod: true, "10.66.0.2", "10.99.1.1:80", Application).ShouldBe(In(15001, "10.99.1.1:80"));
        Connect(lab, fromPod: false, "10.66.0.1", "10.66.0.2:8080", 0).ShouldBe(In(15006, "10.66.0.2:8080"));
        Connect(lab, fromPod: false, "10.66.0.1", "10.66.0.2:15021", 0).ShouldBe(In(15021, "10.66.0.2:15021"));

        // The sidecar's own traffic leaves; to the pod itself it enters again; from 127.0.0.6 it reaches the application.
        Connect(lab, fromPod: true, "10.66.0.2", "10.99.1.1:80", Sidecar).ShouldBe(Outside("10.99.1.1:80"));
        Connect(lab, fromPod: true, "10.66.0.2", "10.66.0.2:8080", Sidecar).ShouldBe(In(15006, "10.66.0.2:8080"));
        Connect(lab, fromPod: true, "127.0.0.6", "10.66.0.2:8080", Sidecar).ShouldBe(In(8080, "10.66.0.2:8080"));

        // Calls between the pod's containers need no sidecar.
        Connect(lab, fromPod: true, "127.0.0.1", "127.0.0.1:8080", Application).ShouldBe(In(8080, "127.0.0.1:8080"));
        Connect(lab, fromPod: true, "10.66.0.2", "10.66.0.2:8080", Application).ShouldBe(In(8080, "10.66.0.2:8080"));

        lab.Pod.Shell(Agent, InitContainer).ShouldSucceed();
        lab.Pod.Shell(Agent, ["istio-clean-iptables"]).ShouldSucceed();
        lab.Pod.Shell("iptables-save", []).Output.ShouldBe(before);
    }

    [Fact]
    public void Exclusions_OfTheScenario_ReachTheirDestinationDirectly()
    {
        Privileges.Require();
        using PodLab lab = new();
        lab.Pod.Shell(Agent, [.. InitContainer, "-o", "8080", "-x", "10.99.2.0/24"]).ShouldSucceed();

        Connect(lab, fromPod: true, "10.66.0.2", "10.99.1.1:8080", Application).ShouldBe(Outside("10.99.1.1:8080"));
        Connect(lab, fromPod: true, "10.66.0.2", "10.99.2.1:80", Application).ShouldBe(Outside("10.99.2.1:80"));
        Connect(lab, fromPod: true, "10.66.0.2", "10.99.1.1:80", Application).ShouldBe(In(15001, "10.99.1.1:80"));
    }

    [Theory]
    [InlineData("REDIRECT")]
    [InlineData("TPROXY")]
    public void DualStack_BothModes_CaptureIpv6WithItsDestination(string mode)
    {
        Privileges.Require();
        using PodLab lab = new();
        lab.Pod.Shell(Agent, [.. InitContainer, "-m", mode, "--dual-stack"]).ShouldSucceed();

        Connect(lab, fromPod: false, "fd66::1", "[fd66::2]:8080", 0).ShouldBe(In(15006, "[fd66::2]:8080"));
        Connect(lab, fromPod: false, "10.66.0.1", "10.66.0.2:8080", 0).ShouldBe(In(15006, "10.66.0.2:8080"));
        Connect(lab, fromPod: false, "fd66::1", "[fd66::2]:15020", 0).ShouldBe(In(15020, "[fd66::2]:15020"));
        Connect(lab, fromPod: true, "fd66::2", "[2001:db8:99::1]:80", Application).ShouldBe(In(15001, "[2001:db8:99::1]:80"));
        lab.Pod.Shell(Agent, ["istio-clean-iptables"]).ShouldSucceed();
        lab.Pod.Shell("ip", ["rule", "list"]).Output.ShouldNotContain("0x539");
        lab.Pod.Shell("ip", ["-6", "rule", "list"]).Output.ShouldNotContain("0x539");
    }

    [Fact]
    public void NetworkNamespace_GivenByPath_GetsTheRules()
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        using NamespaceThread elsewhere = new();
        elsewhere.Shell(Agent, [.. InitContainer, "--network-namespace", pod.Path]).ShouldSucceed();

        pod.Shell("iptables-save", []).Output.ShouldContain("ISTIO_OUTPUT");
        elsewhere.Shell("iptables-save", []).Output.ShouldNotContain("ISTIO_OUTPUT");
    }

    [Fact]
    public void RunValidation_WithRules_Passes_WithoutThem_Is126WithTheReason()
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        var without = pod.Shell(Agent, ["istio-iptables", "--run-validation", "--skip-rule-apply", "--probe-timeout=300ms", "-u", "1337"]);
        var with = pod.Shell(Agent, [.. InitContainer, "--run-validation"]);

        without.ExitCode.ShouldBe(126);
        without.Errors.ShouldContain("validation timeout: a connection to 127.0.0.6:15002 did not reach the sidecar");
        with.ExitCode.ShouldBe(0, with.Errors);
        with.Output.ShouldContain("Validation passed, iptables rules established");
    }

    [Fact]
    public void WithoutNetAdmin_Is255AndSaysWhichCapabilityIsMissing()
    {
        Privileges.Require();
        using NamespaceThread pod = new();

        var result = pod.Shell("setpriv", ["--bounding-set=-net_admin", "--inh-caps=-net_admin", Agent, .. InitContainer]);

        result.ExitCode.ShouldBe(255);
        result.Errors.ShouldContain("NET_ADMIN");
    }

    [Fact]
    public void BadOption_Is1AndChangesNothing()
    {
        Privileges.Require();
        using NamespaceThread pod = new();

        var result = pod.Shell(Agent, ["istio-iptables", "-b", "eighty"]);

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("-b: \"eighty\" is not a port");
        pod.Shell("iptables-save", []).Output.ShouldBeEmpty();
    }

    [Fact]
    public void DryRun_PrintsOnlyWhatWouldBeDone()
    {
        Privileges.Require();
        using NamespaceThread pod = new();

        string commands = pod.Shell(Agent, [.. InitContainer, "--dry-run", "--restore-format=false"]).Output;

        commands.ShouldStartWith("iptables -t nat -N ISTIO_INBOUND\n");
        Regex.Count(commands, "^iptables -t nat", RegexOptions.Multiline).ShouldBe(22);
        pod.Shell("iptables-save", []).Output.ShouldBeEmpty();
    }

    private static string Connect(PodLab lab, bool fromPod, string source, string destination, uint owner) =>
        lab.Send(fromPod, udp: false, IPAddress.Parse(source), IPEndPoint.Parse(destination), owner, owner)?.ToString() ?? "nowhere";

    private static string In(int port, string destination) => $"pod port {port} for {destination}";

    private static string Outside(string destination) => $"outside port 9000 for {destination}";
}
