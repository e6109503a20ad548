using Lateen.Interception.Options;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Interception.Options;

public sealed class OptionBinderTests
{
    private static readonly string[] InitContainer =
        ["-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020", "--log_output_level=default:info"];

    private static BoundOptions Bind(string[] arguments, params (string Name, string Value)[] environment) => OptionBinder.Bind(
        OptionValues.Read(arguments, environment.ToDictionary(e => e.Name, e => e.Value)), _ => null);

    [Fact]
    public void Bind_ArgumentsOfTheInitContainer_AreTaken()
    {
        BoundOptions bound = Bind(InitContainer);

        bound.Problems.ShouldBeEmpty();
        bound.Interception.InboundPorts.All.ShouldBeTrue();
        bound.Interception.OutboundAddresses.All.ShouldBeTrue();
        bound.Interception.InboundPortsExcluded.ShouldBe([15090, 15021, 15020]);
        bound.Interception.ProxyGids.ShouldBe(["1337"]);
    }

    [Theory]
    [InlineData("-b8080")]
    [InlineData("-b=8080")]
    [InlineData("--istio-inbound-ports=8080")]
    [InlineData("-nb8080")]
    public void Bind_EverySpellingOfAFlag_IsTaken(string argument) =>
        Bind([argument]).Interception.InboundPorts.Listed.ShouldBe([8080]);

    [Fact]
    public void Bind_FlagAndVariable_FlagWins() =>
        Bind(["-p", "1"], ("ENVOY_PORT", "2")).Interception.ProxyPort.ShouldBe((ushort)1);

    [Fact]
    public void Bind_VariableAndDefault_VariableWins() =>
        Bind([], ("ENVOY_PORT", "2"), ("ISTIO_META_DNS_CAPTURE", "true")).Interception.ShouldSatisfyAllConditions(
            o => o.ProxyPort.ShouldBe((ushort)2),
            o => o.RedirectDns.ShouldBeTrue());

    [Fact]
    public void Bind_NoProxyUid_IsTheUserOfTheImageElse1337()
    {
        OptionBinder.Bind(OptionValues.Read([], new Dictionary<string, string>()), name => name == "istio-proxy" ? "42" : null)
            .Interception.ProxyUids.ShouldBe(["42"]);
        Bind([]).Interception.ProxyUids.ShouldBe(["1337"]);
    }

    [Fact]
    public void Bind_SeveralMistakes_AreAllReportedWithPlaceAndFix()
    {
        string[] problems = [.. Bind(["-p", "99999", "-m", "BRIDGE", "--nonsense", "-x", "*"], ("PROBE_TIMEOUT", "soon")).Problems.Select(p => p.ToString())];

        problems.ShouldBe(
        [
            "--nonsense: is not an option of this command; --help lists the options",
            "-p: \"99999\" is not a port; give a number from 1 to 65535, for example 15001",
            "-m: \"BRIDGE\" is not an interception mode; write REDIRECT or TPROXY (annotation sidecar.istio.io/interceptionMode)",
            "-x: * would exclude every destination; give prefixes, for example 10.0.0.0/8, or leave -i empty to capture nothing",
            "environment variable PROBE_TIMEOUT: \"soon\" is not a time; give a number and a unit, for example 5s, 500ms or 1m30s",
        ], ignoreOrder: true);
    }

    [Fact]
    public void Bind_PrefixWithoutLength_IsLeftOutWithAWarning()
    {
        BoundOptions bound = Bind(["-i", "10.0.0.1,10.1.0.0/16"]);

        bound.Problems.ShouldBeEmpty();
        bound.Interception.OutboundAddresses.Listed.ShouldHaveSingleItem().ToString().ShouldBe("10.1.0.0/16");
        bound.Warnings.ShouldHaveSingleItem().ShouldContain("10.0.0.1");
    }

    [Theory]
    [InlineData("-c", "eth0 -j ACCEPT")]
    [InlineData("-c", "a-name-of-16-chr")]
    [InlineData("-u", "1337 -j ACCEPT")]
    [InlineData("-b", "80;")]
    [InlineData("-d", "0")]
    public void Bind_ValueThatWouldBreakARule_IsRefused(string flag, string value) =>
        Bind([flag, value]).Problems.ShouldNotBeEmpty();

    [Fact]
    public void Bind_EmptyOwnerGroupsVariable_SelectsNobody() =>
        Bind([], ("ISTIO_OUTBOUND_OWNER_GROUPS", "")).Interception.OwnerGroups.ShouldSatisfyAllConditions(
            o => o.AllBut.ShouldBeFalse(),
            o => o.Groups.ShouldBeEmpty());
}
