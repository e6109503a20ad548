using System.Net;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Interception;

/// <summary>istio-iptables called from outside the pod, as CNI plugins do (--cni-mode, --host-nsenter-exec): real namespaces, real packets.</summary>
public sealed class ForAnotherPodTests
{
    private const uint Application = 1000;
    private static readonly string Agent = Path.Combine(AppContext.BaseDirectory, "lateen-agent");
    private static readonly string[] Rules = ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"];

    public static TheoryData<string, string> Ways() => new()
    {
        { "--cni-mode", "REDIRECT" },
        { "--cni-mode", "TPROXY" },
        { "--host-nsenter-exec", "REDIRECT" },
        { "--host-nsenter-exec", "TPROXY" },
        { "--cni-mode --host-nsenter-exec", "REDIRECT" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Rules_PutInPlaceFromOutside_ActInThePodAndNowhereElse(string flags, string mode)
    {
        Privileges.Require();
        using PodLab lab = new();
        using NamespaceThread host = new();
        string before = SavedRules(lab.Pod), hostBefore = SavedRules(host);

        // Twice: the second call finds its own rules.
        for (int i = 0; i < 2; i++)
        {
            host.Shell(Agent, [.. Rules, "-m", mode, "--dual-stack", .. flags.Split(' '), $"--network-namespace={lab.Pod.Path}"]).ShouldSucceed();
        }

        Connect(lab, fromPod: true, "10.66.0.2", "10.99.1.1:80", Application).ShouldBe("pod port 15001 for 10.99.1.1:80");
        Connect(lab, fromPod: false, "10.66.0.1", "10.66.0.2:8080", 0).ShouldBe("pod port 15006 for 10.66.0.2:8080");
        Connect(lab, fromPod: false, "10.66.0.1", "10.66.0.2:15021", 0).ShouldBe("pod port 15021 for 10.66.0.2:15021");
        Connect(lab, fromPod: true, "fd66::2", "[2001:db8:99::1]:80", Application).ShouldBe("pod port 15001 for [2001:db8:99::1]:80");
        Connect(lab, fromPod: false, "fd66::1", "[fd66::2]:8080", 0).ShouldBe("pod port 15006 for [fd66::2]:8080");
        SavedRules(host).ShouldBe(hostBefore);
        host.Shell("ip", ["-6", "addr", "show", "dev", "lo"]).Output.ShouldNotContain("::6/128");
        host.Shell("ip", ["rule", "list"]).Output.ShouldNotContain("0x539");

        lab.Pod.Shell(Agent, ["istio-clean-iptables"]).ShouldSucceed();
        SavedRules(lab.Pod).ShouldBe(before);
    }

    [Fact]
    public void Validation_FromOutside_IsDoneInThePod()
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        using NamespaceThread host = new();
        string[] there = ["--host-nsenter-exec", $"--network-namespace={pod.Path}", "--run-validation", "--probe-timeout=2s"];

        var without = host.Shell(Agent, [.. Rules, .. there, "--skip-rule-apply"]);
        var with = host.Shell(Agent, [.. Rules, .. there]);

        without.ExitCode.ShouldBe(126, without.Errors);
        with.ExitCode.ShouldBe(0, with.Errors);
    }

    [Theory]
    [InlineData("--cni-mode")]
    [InlineData("--host-nsenter-exec")]
    public void Call_WithoutThePodsNamespace_Is1AndChangesNothing(string flag)
    {
        Privileges.Require();
        using NamespaceThread host = new();

        var result = host.Shell(Agent, [.. Rules, flag]);

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain($"{flag}: has no network namespace to enter; add --network-namespace=PATH");
        SavedRules(host).ShouldBeEmpty();
    }

    [Fact]
    public void Call_WithANamespaceThatIsNone_Is1AndNamesIt()
    {
        Privileges.Require();
        using NamespaceThread host = new();

        var result = host.Shell(Agent, [.. Rules, "--cni-mode", "--network-namespace=/run/netns/gone"]);

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("/run/netns/gone");
        SavedRules(host).ShouldBeEmpty();
    }

    private static string SavedRules(NamespaceThread where) => where.Shell("iptables-save", []).Output + where.Shell("ip6tables-save", []).Output;

    private static string Connect(PodLab lab, bool fromPod, string source, string destination, uint owner) =>
        lab.Send(fromPod, udp: false, IPAddress.Parse(source), IPEndPoint.Parse(destination), owner, owner)?.ToString() ?? "nowhere";
}
