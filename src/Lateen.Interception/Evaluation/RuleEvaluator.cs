using System.Net;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Evaluation;

/// <summary>
/// (rule set, packet) -> verdict and the rules on the way. Pure; does what the kernel does: a local packet passes OUTPUT (raw, mangle, nat) and, where it
/// leaves by lo, PREROUTING afterwards; a packet from outside passes PREROUTING. The nat table is asked about the first packet of a connection
/// only, and only once: what OUTPUT has seen, PREROUTING does not ask about again.
/// </summary>
public sealed class RuleEvaluator
{
    private const int DeepestJump = 16;

    private readonly RuleSet _rules;
    private readonly Dictionary<(Table Table, string Chain), IReadOnlyList<Rule>> _chains = [];
    private readonly List<RuleStep> _steps = [];
    private readonly string _firstHook;
    private string _hook = "";
    private Packet _packet;
    private VerdictKind _kind;
    private ushort _proxyPort;
    private ushort _zone;

    private RuleEvaluator(RuleSet rules, Packet packet)
    {
        _rules = rules;
        _packet = packet;
        _firstHook = packet.IsLocal ? Chains.Output : Chains.Prerouting;
    }

    /// <summary>What the table is done with the packet means for the tables after it.</summary>
    private enum Outcome
    {
        /// <summary>The chain ended or said RETURN: the caller goes on.</summary>
        Return,

        /// <summary>This table is done.</summary>
        Done,

        /// <summary>The packet is gone.</summary>
        Dropped,
    }

    /// <summary>Holds a packet against the rules of its IP version.</summary>
    public static Evaluation Evaluate(RuleSet rules, Packet packet)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(packet);
        return new RuleEvaluator(rules, packet).Run();
    }

    private Evaluation Run()
    {
        bool asksNat = _packet.State == ConnectionState.New;
        bool alive = Hook(_firstHook, asksNat);
        if (alive && _packet.IsLocal && _packet.OutInterface == "lo")
        {
            _packet = _packet with { InInterface = "lo", OutInterface = "", Uid = null, Gid = null };
            alive = Hook(Chains.Prerouting, asksNat: false);
        }

        Verdict verdict = new(alive ? _kind : VerdictKind.Dropped, _kind == VerdictKind.HandedOver ? _proxyPort : _packet.DestinationPort, _packet.Mark, _zone);
        return new Evaluation(verdict, [.. _steps]);
    }

    private bool Hook(string name, bool asksNat)
    {
        _hook = name;
        foreach (Table table in new[] { Table.Raw, Table.Mangle, Table.Nat })
        {
            if ((table != Table.Nat || asksNat) && Chain(table, name, 0) == Outcome.Dropped)
            {
                return false;
            }
        }

        return true;
    }

    private Outcome Chain(Table table, string name, int depth)
    {
        if (depth > DeepestJump)
        {
            throw new System.Diagnostics.UnreachableException($"chains jump in a circle at {name}");
        }

        if (!_chains.TryGetValue((table, name), out IReadOnlyList<Rule>? rules))
        {
            _chains[(table, name)] = rules = _rules.Chain(table, name);
        }

        foreach (Rule rule in rules)
        {
            Match? failed = rule.Matches.FirstOrDefault(m => !m.Holds(_packet));
            _steps.Add(new RuleStep(_hook, rule, failed is null, failed is null ? rule.Reason : $"Does not match: it asks for {failed.Contrast(_packet)}."));
            if (failed is not null)
            {
                continue;
            }

            switch (rule.Target)
            {
                case Target.ReturnToCaller:
                    return Outcome.Return;
                case Target.Accept:
                    return Outcome.Done;
                case Target.Drop:
                    return Outcome.Dropped;
                case Target.Jump jump when Chain(table, jump.Chain, depth + 1) is var outcome and not Outcome.Return:
                    return outcome;
                case Target.Redirect redirect:
                    Redirect(redirect.Port);
                    return Outcome.Done;
                case Target.TransparentProxy proxy:
                    _kind = VerdictKind.HandedOver;
                    _proxyPort = proxy.Port;
                    _packet = _packet with { Mark = proxy.Mark };
                    return Outcome.Done;
                case Target.SetMark mark:
                    _packet = _packet with { Mark = mark.Mark };
                    break;
                case Target.SaveMark:
                    _packet = _packet with { ConnectionMark = _packet.Mark };
                    break;
                case Target.RestoreMark:
                    _packet = _packet with { Mark = _packet.ConnectionMark };
                    break;
                case Target.ConntrackZone zone:
                    // A packet that has its connection already keeps its zone: the first target wins, and PREROUTING comes too late after OUTPUT.
                    _zone = _zone == 0 && _hook == _firstHook ? zone.Zone : _zone;
                    break;
            }
        }

        return Outcome.Return;
    }

    /// <summary>REDIRECT: in OUTPUT to loopback, in PREROUTING to the address of the interface, which is one of the pod's in any case.</summary>
    private void Redirect(ushort port)
    {
        // TPROXY has chosen the socket already; nat is asked nevertheless, but its answer does not change where the connection goes.
        if (_kind == VerdictKind.HandedOver)
        {
            return;
        }

        _kind = VerdictKind.Redirected;
        IPAddress here = _rules.Version == IpVersion.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        _packet = _packet.IsLocal
            ? _packet with { DestinationPort = port, Destination = here, OutInterface = "lo" }
            : _packet with { DestinationPort = port };
    }
}
