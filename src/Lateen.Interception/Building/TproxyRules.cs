using System.Collections.Immutable;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>Marks that TPROXY mode needs besides ISTIO_INBOUND: replies find their way, and local calls are told apart.</summary>
internal static class TproxyRules
{
    public static void Add(RuleList rules)
    {
        uint inbound = rules.Options.TproxyMark;
        uint toSelf = inbound + 1;
        Match notLoopback = new Match.Destination(rules.Loopback, Negated: true);

        void Append(string chain, ImmutableArray<Match> matches, Target target, string reason) =>
            rules.Append(Table.Mangle, chain, matches, target, reason);

        Append(Chains.Prerouting, [Known.Tcp, new Match.Mark(inbound)], new Target.SaveMark(),
            "The connection remembers that it was handed to the sidecar, so that its replies can be recognised.");
        Append(Chains.Output, [Known.Tcp, Known.OutLoopback, new Match.Mark(inbound)], Known.Return,
            "The packet is marked already and leaves by lo: nothing is to be changed.");
        foreach (Owner user in rules.ProxyUsers)
        {
            Append(Chains.Output, [notLoopback, Known.Tcp, Known.OutLoopback, new Match.User(user)], new Target.SetMark(toSelf),
                $"The sidecar (user {user.Text}) calls the pod's own address: mark {toSelf} lets the call be captured as an inbound one.");
        }

        foreach (Owner group in rules.ProxyGroups)
        {
            Append(Chains.Output, [notLoopback, Known.Tcp, Known.OutLoopback, new Match.Group(group)], new Target.SetMark(toSelf),
                $"The sidecar (group {group.Text}) calls the pod's own address: mark {toSelf} lets the call be captured as an inbound one.");
        }

        Append(Chains.Output, [Known.Tcp, new Match.ConnectionMark(inbound)], new Target.RestoreMark(),
            "A reply of a connection that was handed to the sidecar gets its mark back, and so its local route.");

        // Inserted in front of what InboundRules appended; the numbers are positions in that chain.
        rules.Insert(1, Table.Mangle, Chains.Inbound, [Known.Tcp, new Match.Mark(inbound)], Known.Return,
            "The packet was handed to the sidecar already.");
        rules.Insert(2, Table.Mangle, Chains.Inbound, [Known.Tcp, new Match.Source(rules.Passthrough), Known.InLoopback], Known.Return,
            $"The source {rules.Passthrough.AddressText} is the sidecar handing a request to the application.");
        rules.Insert(3, Table.Mangle, Chains.Inbound, [Known.Tcp, Known.InLoopback, new Match.Mark(toSelf, Negated: true)], Known.Return,
            "A local call that the sidecar did not make to the pod's own address is not inbound traffic.");
    }
}
