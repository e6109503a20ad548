using Lateen.Interception.Apply;
using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Interception.Apply;

public sealed class RestoreScriptTests
{
    private const string Present = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [3:180]
        :ISTIO_OUTPUT - [0:0]
        :ISTIO_OLD - [0:0]
        [1:60] -A OUTPUT -p tcp -m tcp --dport 7 -j ACCEPT
        [2:120] -A OUTPUT -p tcp -j ISTIO_OUTPUT
        [0:0] -A OUTPUT -p tcp -m tcp --dport 8 -j ACCEPT
        COMMIT
        """;

    private static readonly Ownership Ownership = new(Ledger.Empty);

    [Fact]
    public void Replace_OtherPeoplesRulesAround_PutsOursBackAtTheirPlace()
    {
        string script = RestoreScript.Replace(Snapshot.Parse(Present), Ownership, InterceptionRuleBuilder.Build(new InterceptionOptions(), new HostFacts()).V4).Text;

        script.ShouldContain("-D OUTPUT -p tcp -j ISTIO_OUTPUT\n");
        script.ShouldContain("-I OUTPUT 2 -p tcp -j ISTIO_OUTPUT\n");
        script.ShouldNotContain("--dport 7");
        script.ShouldNotContain("ISTIO_OLD");
    }

    [Fact]
    public void Remove_LeavesNothingOfOursAndNothingElseIsTouched() => RestoreScript.Remove(Snapshot.Parse(Present), Ownership).Text.ShouldBe(
        "*nat\n:ISTIO_OUTPUT - [0:0]\n-D OUTPUT -p tcp -j ISTIO_OUTPUT\n-X ISTIO_OUTPUT\nCOMMIT\n");

    [Fact]
    public void Remove_NothingOfOurs_IsEmpty() =>
        RestoreScript.Remove(Snapshot.Parse("*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j ACCEPT\nCOMMIT\n"), Ownership).Text.ShouldBeEmpty();

    [Fact]
    public void RuleOn_LineOfARule_IsThatRule()
    {
        RestoreScript script = RestoreScript.Replace(Snapshot.Empty, Ownership, InterceptionRuleBuilder.Build(new InterceptionOptions(), new HostFacts()).V4);
        string[] lines = script.Text.Split('\n');
        int line = Array.FindIndex(lines, l => l.Contains("15008 -j RETURN", StringComparison.Ordinal)) + 1;

        script.RuleOn(line)!.ToString().ShouldBe("-A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN");
        script.RuleOn(1).ShouldBeNull();
    }
}
