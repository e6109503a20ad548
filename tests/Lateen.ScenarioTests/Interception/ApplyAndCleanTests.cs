using Lateen.Interception.Apply;
using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Interception;

/// <summary>Applying is idempotent, replaces only what is ours, and cleaning leaves what was there before.</summary>
public sealed class ApplyAndCleanTests
{
    // Other people's rules, some of the very shape of ours.
    private const string Foreign = """
        *nat
        :THEIRS - [0:0]
        -A OUTPUT -p tcp -m tcp --dport 7777 -j THEIRS
        -A OUTPUT -p udp -m udp --dport 53 -j RETURN
        -A PREROUTING -i eth1 -j RETURN
        -A THEIRS -j ACCEPT
        COMMIT
        *mangle
        -A PREROUTING -m conntrack --ctstate INVALID -j DROP
        COMMIT
        *filter
        -A INPUT -p tcp -m tcp --dport 7778 -j ACCEPT
        COMMIT

        """;

    [Theory]
    [InlineData(BackendKind.IptablesNft, false)]
    [InlineData(BackendKind.IptablesNft, true)]
    [InlineData(BackendKind.IptablesLegacy, true)]
    public void GeneratedOptions_AppliedTwiceChangedAndCleaned_LeaveWhatWasThere(BackendKind kind, bool foreign)
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        Random random = new(foreign ? 5 : 6);
        IRuleApplier applier = pod.Run(() => RuleAppliers.Create(new ChosenTools(kind), InterceptionLog.None))!;
        if (foreign)
        {
            pod.Shell(applier.Backend.Restore(IpVersion.V4), [], Foreign).ShouldSucceed();
            pod.Shell(applier.Backend.Restore(IpVersion.V6), [], Foreign).ShouldSucceed();
        }
        else if (kind == BackendKind.IptablesLegacy)
        {
            Saved(pod, applier);
        }

        if (kind == BackendKind.IptablesLegacy)
        {
            // ip_tables' tables come into being when somebody looks at them and never go.
            foreach (string table in new[] { "nat", "mangle", "raw" })
            {
                pod.Shell("iptables-legacy", ["-t", table, "-S"]).ShouldSucceed();
                pod.Shell("ip6tables-legacy", ["-t", table, "-S"]).ShouldSucceed();
            }
        }

        string before = Saved(pod, applier);
        for (int i = 0; i < 5; i++)
        {
            InterceptionOptions first = OptionGenerator.Next(random);
            InterceptionOptions second = OptionGenerator.Next(random);
            string once = Apply(pod, applier, first);
            Apply(pod, applier, first).ShouldBe(once, $"applied twice, round {i}");
            Apply(pod, applier, second);
            if (!foreign)
            {
                Apply(pod, applier, first).ShouldBe(once, $"applied after other options, round {i}");
            }

            pod.Run(() => applier.Clean().Failure).ShouldBeNull();
            Saved(pod, applier).ShouldBe(before, $"cleaned, round {i}");
        }
    }

    [Fact]
    public void Apply_OverHalfOfTheRules_EndsInTheSameRules()
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        IRuleApplier applier = pod.Run(() => RuleAppliers.Create(new ChosenTools(BackendKind.IptablesNft), InterceptionLog.None))!;
        InterceptionOptions options = new() { InboundPorts = PortSelection.Every, OutboundAddresses = AddressSelection.Every };
        string whole = Apply(pod, applier, options);
        pod.Run(() => applier.Clean());
        pod.Shell("iptables-nft-restore", ["--noflush"], "*nat\n:ISTIO_INBOUND - [0:0]\n:ISTIO_OUTPUT - [0:0]\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -p tcp --dport 1 -j RETURN\nCOMMIT\n").ShouldSucceed();

        Apply(pod, applier, options).ShouldBe(whole);
    }

    [Fact]
    public void Apply_CommandPerRule_EndsInTheSameRulesAsRestoring()
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        IRuleApplier applier = pod.Run(() => RuleAppliers.Create(new ChosenTools(BackendKind.IptablesNft), InterceptionLog.None))!;
        InterceptionOptions options = new() { InboundPorts = PortSelection.Every, OutboundAddresses = AddressSelection.Every, TraceLogging = true, Mode = InterceptionMode.Tproxy };
        string restored = Apply(pod, applier, options);

        Apply(pod, applier, options, restoreFormat: false).ShouldBe(restored);
    }

    [Theory]
    [InlineData(BackendKind.IptablesNft)]
    [InlineData(BackendKind.IptablesLegacy)]
    public void Apply_RuleThatTheKernelRefuses_LeavesEverythingAsItWasAndNamesTheRule(BackendKind kind)
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        IRuleApplier applier = pod.Run(() => RuleAppliers.Create(new ChosenTools(kind), InterceptionLog.None))!;
        string before = Apply(pod, applier, new InterceptionOptions { OutboundAddresses = AddressSelection.Every });
        InterceptionOptions options = new() { Mode = InterceptionMode.Tproxy, InboundPorts = PortSelection.Every, ProxyUids = ["no-such-user"] };

        ApplyResult result = pod.Run(() => applier.Apply(InterceptionRuleBuilder.Build(options, new HostFacts()), restoreFormat: true));

        result.Failure.ShouldNotBeNull().ShouldContain("no-such-user");
        result.Failure.ShouldContain("at the rule \"-t ");
        Saved(pod, applier).Replace("*mangle\n", "").Replace("*raw\n", "").ShouldContain("-A ISTIO_OUTPUT -j ISTIO_REDIRECT");
        if (kind == BackendKind.IptablesNft)
        {
            Saved(pod, applier).ShouldBe(before);
        }
    }

    [Fact]
    public void Clean_NativeNft_LeavesWhatWasThere()
    {
        Privileges.Require();
        using NamespaceThread pod = new();
        pod.Shell("nft", ["-f", "-"], "table ip theirs { chain c { type filter hook input priority 0; tcp dport 1 accept; }; }\n").ShouldSucceed();
        IRuleApplier applier = pod.Run(() => RuleAppliers.Create(new ChosenTools(BackendKind.Nft), InterceptionLog.None))!;
        string before = pod.Shell("nft", ["list", "ruleset"]).Output;
        InterceptionOptions options = new() { InboundPorts = PortSelection.Every, RedirectDns = true, CaptureAllDns = true, DualStack = true };
        Apply(pod, applier, options).ShouldBe(Apply(pod, applier, options));

        pod.Run(() => applier.Clean().Failure).ShouldBeNull();

        pod.Shell("nft", ["list", "ruleset"]).Output.ShouldBe(before);
    }

    private static string Apply(NamespaceThread pod, IRuleApplier applier, InterceptionOptions options, bool restoreFormat = true)
    {
        pod.Run(() => applier.Apply(InterceptionRuleBuilder.Build(options, OptionGenerator.Host), restoreFormat).Failure).ShouldBeNull();
        return Saved(pod, applier);
    }

    /// <summary>Without counters and comments; tables in order of their names, because nf_tables lists them as they came.</summary>
    private static string Saved(NamespaceThread pod, IRuleApplier applier) => pod.Run(() => Comparable(applier.Save(IpVersion.V4)) + Comparable(applier.Save(IpVersion.V6)));

    private static string Comparable(string saved) => string.Concat(string
        .Join('\n', saved.Split('\n').Where(l => !l.StartsWith('#')).Select(l => l.StartsWith(':') ? l.Split(' ')[0] : l))
        .Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries)
        .Order(StringComparer.Ordinal));
}
