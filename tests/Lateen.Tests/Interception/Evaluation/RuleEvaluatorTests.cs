using System.Net;
using Lateen.Interception.Building;
using Lateen.Interception.Evaluation;
using Lateen.Interception.Options;
using Shouldly;
using Xunit;
using LateenEvaluation = Lateen.Interception.Evaluation.Evaluation;

namespace Lateen.Tests.Interception.Evaluation;

/// <summary>The nine rules of ISTIO_OUTPUT and the inbound chain, as the seed documents explain them.</summary>
public sealed class RuleEvaluatorTests
{
    private const uint Application = 0;
    private const uint Sidecar = 1337;

    private static readonly InterceptionOptions DefaultPod = new()
    {
        InboundPorts = PortSelection.Every,
        InboundPortsExcluded = [15090, 15021, 15020],
        OutboundAddresses = AddressSelection.Every,
    };

    [Fact]
    public void Rule1_SidecarToApplicationFrom127006_IsLeftAlone() =>
        Local("127.0.0.6", "10.0.0.7", 80, Sidecar, Sidecar).ShouldEnd(VerdictKind.Direct, 80, "-o lo -s 127.0.0.6/32 -j RETURN", "handing a request to the application");

    [Fact]
    public void Rule2_SidecarToOwnPodAddress_EntersAgainAsInbound() =>
        Local("10.0.0.7", "10.0.0.7", 80, Sidecar, Sidecar).ShouldEnd(VerdictKind.Redirected, 15006, "-A ISTIO_IN_REDIRECT", "inbound listener on port 15006");

    [Fact]
    public void Rule2_SidecarToOwnTunnelPort_IsLeftAlone() =>
        Local("10.0.0.7", "10.0.0.7", 15008, Sidecar, Sidecar).Verdict.Kind.ShouldBe(VerdictKind.Direct);

    [Fact]
    public void Rule3_ApplicationToLocalhost_IsLeftAlone() =>
        Local("127.0.0.1", "127.0.0.1", 8080, Application, Application).ShouldEnd(VerdictKind.Direct, 8080, "! --uid-owner 1337 -j RETURN", "needs no sidecar");

    [Fact]
    public void Rule4_SidecarToAnotherPod_Leaves() =>
        Local("10.0.0.7", "10.0.0.8", 80, Sidecar, Sidecar).ShouldEnd(VerdictKind.Direct, 80, "-m owner --uid-owner 1337 -j RETURN", "captured again, it would loop");

    [Fact]
    public void Rule5_SidecarByGroupToOwnPodAddress_IsStoppedByRule3AlreadyForAnotherUser() =>
        Local("10.0.0.7", "10.0.0.7", 80, Application, Sidecar).ShouldEnd(VerdictKind.Direct, 80, "! --uid-owner 1337 -j RETURN", "needs no sidecar");

    [Fact]
    public void Rule7_GroupOfTheSidecarToAnotherPod_Leaves() =>
        Local("10.0.0.7", "10.0.0.8", 80, Application, Sidecar).ShouldEnd(VerdictKind.Direct, 80, "-m owner --gid-owner 1337 -j RETURN", "captured again");

    [Fact]
    public void Rule9_ApplicationToAnyService_GoesToTheSidecar() =>
        Local("10.0.0.7", "10.96.1.2", 80, Application, Application).ShouldEnd(VerdictKind.Redirected, 15001, "-A ISTIO_REDIRECT", "outbound listener on port 15001");

    [Fact]
    public void Inbound_AnyPort_GoesToTheSidecar() =>
        Remote(8080).ShouldEnd(VerdictKind.Redirected, 15006, "-A ISTIO_IN_REDIRECT", "inbound listener");

    [Fact]
    public void Inbound_ExcludedPort_IsReachedDirectly() =>
        Remote(15090).ShouldEnd(VerdictKind.Direct, 15090, "--dport 15090 -j RETURN", "Inbound port 15090 is excluded");

    [Fact]
    public void Exclusions_PortAndRange_AreReachedDirectly()
    {
        InterceptionOptions options = DefaultPod with { OutboundPortsExcluded = [8080], OutboundAddressesExcluded = [new Cidr(IPAddress.Parse("172.16.2.0"), 24)] };

        Local("10.0.0.7", "10.96.1.2", 8080, 0, 0, options).Decisive!.Sentence.ShouldBe("Outbound port 8080 is excluded: it is reached directly.");
        Local("10.0.0.7", "172.16.2.9", 80, 0, 0, options).Decisive!.Sentence.ShouldBe("Destinations in 172.16.2.0/24 are excluded: they are reached directly.");
    }

    [Fact]
    public void Steps_RuleThatDoesNotMatch_SaysWhichConditionFailed() =>
        Local("10.0.0.7", "10.96.1.2", 80, Application, Application).Steps.First(s => !s.Matched).Sentence
            .ShouldBe("Does not match: it asks for output interface lo and the packet leaves by eth0.");

    [Fact]
    public void Dns_AgentsOwnQueryAndTheApplications_AreInDifferentZones()
    {
        InterceptionOptions options = DefaultPod with { RedirectDns = true, CaptureAllDns = true };
        Packet query = new() { IsLocal = true, Protocol = TransportProtocol.Udp, Source = IPAddress.Parse("10.0.0.7"), Destination = IPAddress.Parse("10.96.0.10"), DestinationPort = 53, OutInterface = "eth0", Uid = 0, Gid = 0 };

        Evaluate(options, query).Verdict.ShouldBe(new Verdict(VerdictKind.Redirected, 15053, 0, 2));
        Evaluate(options, query with { Uid = 1337, Gid = 1337 }).Verdict.ShouldBe(new Verdict(VerdictKind.Direct, 53, 0, 1));
    }

    private static LateenEvaluation Local(string source, string destination, ushort port, uint uid, uint gid, InterceptionOptions? options = null) => Evaluate(options ?? DefaultPod, new Packet
    {
        IsLocal = true,
        Source = IPAddress.Parse(source),
        Destination = IPAddress.Parse(destination),
        DestinationPort = port,
        OutInterface = destination is "10.0.0.7" or "127.0.0.1" ? "lo" : "eth0",
        Uid = uid,
        Gid = gid,
    });

    private static LateenEvaluation Remote(ushort port) => Evaluate(DefaultPod, new Packet
    {
        IsLocal = false,
        Source = IPAddress.Parse("10.0.0.8"),
        Destination = IPAddress.Parse("10.0.0.7"),
        DestinationPort = port,
        InInterface = "eth0",
    });

    private static LateenEvaluation Evaluate(InterceptionOptions options, Packet packet) =>
        RuleEvaluator.Evaluate(InterceptionRuleBuilder.Build(options, new HostFacts()).V4, packet);
}

file static class Endings
{
    public static void ShouldEnd(this LateenEvaluation evaluation, VerdictKind kind, ushort port, string rule, string sentence)
    {
        evaluation.Verdict.Kind.ShouldBe(kind);
        evaluation.Verdict.Port.ShouldBe(port);
        evaluation.Decisive!.Rule.ToString().ShouldContain(rule);
        evaluation.Decisive.Sentence.ShouldContain(sentence);
    }
}
