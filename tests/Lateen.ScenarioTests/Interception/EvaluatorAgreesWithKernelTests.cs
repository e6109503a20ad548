using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Lateen.Interception.Apply;
using Lateen.Interception.Building;
using Lateen.Interception.Evaluation;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Interception;

/// <summary>
/// The evaluator's verdict is what the kernel does: generated option sets are applied, generated packets are sent, and both where each arrives and how
/// often each rule of the nat table matched must be what the evaluator says.
/// </summary>
public sealed partial class EvaluatorAgreesWithKernelTests
{
    private const int PacketsPerSet = 60;

    [Theory]
    [InlineData("IptablesNft", 1, 40)]
    [InlineData("IptablesLegacy", 2, 15)]
    [InlineData("Nft", 3, 15)]
    public void GeneratedPackets_GeneratedOptions_ArriveWhereTheEvaluatorSays(string backend, int seed, int sets)
    {
        Privileges.Require();
        using PodLab lab = new();
        Random random = new(seed);
        IRuleApplier applier = lab.Applier(Enum.Parse<BackendKind>(backend));
        List<string> differences = [];
        for (int set = 0; set < sets && differences.Count == 0; set++)
        {
            InterceptionOptions options = OptionGenerator.Next(random);
            InterceptionRules rules = InterceptionRuleBuilder.Build(options, OptionGenerator.Host);
            lab.Pod.Run(() =>
            {
                applier.Apply(rules, restoreFormat: true).Failure.ShouldBeNull();
                PodRoutes.Add(options, ipv6: true, InterceptionLog.None).ShouldBeNull();
            });
            Dictionary<Rule, int> matched = new(ReferenceEqualityComparer.Instance);
            for (int i = 0; i < PacketsPerSet; i++)
            {
                Packet packet = PacketGenerator.Next(random);
                RuleSet version = packet.Source.AddressFamily == AddressFamily.InterNetwork ? rules.V4 : rules.V6!;
                Evaluation evaluation = RuleEvaluator.Evaluate(version, packet);
                Arrival? arrival = lab.Send(packet.IsLocal, packet.Protocol == TransportProtocol.Udp, packet.Source,
                    new IPEndPoint(packet.Destination, packet.DestinationPort), packet.Uid ?? 0, packet.Gid ?? 0);
                if (Expected(packet, evaluation.Verdict) is var expected && !Equals(expected, arrival))
                {
                    differences.Add($"set {set} {options}\n{packet}\n expected {expected}, arrived {arrival}\n{string.Join('\n', evaluation.Steps)}");
                }

                foreach (RuleStep step in evaluation.Passed)
                {
                    matched[step.Rule] = matched.GetValueOrDefault(step.Rule) + 1;
                }
            }

            if (applier.Backend.Kind != BackendKind.Nft)
            {
                differences.AddRange(rules.Sets.SelectMany(r => CompareCounters(lab, applier.Backend, r, matched)).Select(d => $"set {set}: {d}"));
            }

            lab.Pod.Run(() =>
            {
                applier.Clean().Failure.ShouldBeNull();
                PodRoutes.Remove(options);
                PodRoutes.Add(options with { InboundPorts = PortSelection.None }, ipv6: true, InterceptionLog.None).ShouldBeNull();
            });
        }

        differences.ShouldBeEmpty();
    }

    private static Arrival? Expected(Packet packet, Verdict verdict)
    {
        bool udp = packet.Protocol == TransportProtocol.Udp;
        IPEndPoint? destination = udp ? null : new IPEndPoint(packet.Destination, packet.DestinationPort);
        bool leaves = packet.IsLocal && packet.OutInterface != "lo";
        return verdict.Kind switch
        {
            VerdictKind.Dropped => null,
            VerdictKind.Direct when leaves => new Arrival("outside", 9000, destination),
            _ => new Arrival("pod", verdict.Port, destination),
        };
    }

    /// <summary>Per chain of the nat table, in order: how often each rule matched. Only rules that count nothing but our packets.</summary>
    private static IEnumerable<string> CompareCounters(PodLab lab, Backend backend, RuleSet rules, Dictionary<Rule, int> matched)
    {
        string saved = lab.Pod.Shell(backend.Save(rules.Version), ["-c", "-t", "nat"]).Output;
        ILookup<string, int> counters = CounterLine().Matches(saved)
            .ToLookup(m => m.Groups["chain"].Value, m => int.Parse(m.Groups["packets"].ValueSpan, CultureInfo.InvariantCulture));
        foreach (string chain in rules.Rules.Where(r => r.Table == Table.Nat).Select(r => r.Chain).Distinct())
        {
            IReadOnlyList<Rule> ordered = rules.Chain(Table.Nat, chain);
            int[] counted = [.. counters[chain]];
            counted.Length.ShouldBe(ordered.Count, saved);
            for (int i = 0; i < ordered.Count; i++)
            {
                if (ordered[i].Matches.Any(m => m is Lateen.Interception.Rules.Match.Protocol) && counted[i] != matched.GetValueOrDefault(ordered[i]))
                {
                    yield return $"{rules.Version} {ordered[i]} matched {counted[i]} times, the evaluator says {matched.GetValueOrDefault(ordered[i])}";
                }
            }
        }
    }

    [GeneratedRegex(@"^\[(?<packets>\d+):\d+\] -A (?<chain>\S+)", RegexOptions.Multiline)]
    private static partial Regex CounterLine();
}
