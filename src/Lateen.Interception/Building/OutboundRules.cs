using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>ISTIO_OUTPUT: which of the pod's own connections reach the sidecar. The order decides; first match wins.</summary>
internal static class OutboundRules
{
    public static void Add(RuleList rules)
    {
        InterceptionOptions options = rules.Options;
        rules.Append(Table.Nat, Chains.Output, [Known.Tcp], Known.Jump(Chains.Outbound),
            "Every TCP connection that a process of the pod opens is looked at by ISTIO_OUTPUT.", LogPrefix.JumpOutbound);
        foreach (PortRange port in options.OutboundPortsExcluded)
        {
            Append(rules, [Known.Tcp, Known.ToPort(port)], Known.Return, $"Outbound port {port} is excluded: it is reached directly.");
        }

        Append(rules, [Known.OutLoopback, new Match.Source(rules.Passthrough)], Known.Return,
            $"The source {rules.Passthrough.AddressText} is the sidecar handing a request to the application: captured again, it would loop.");
        foreach (Owner user in rules.ProxyUsers)
        {
            AddProxyOwner(rules, negated => new Match.User(user, negated), $"user {user.Text}", isUser: true);
        }

        foreach (Owner group in rules.ProxyGroups)
        {
            AddProxyOwner(rules, negated => new Match.Group(group, negated), $"group {group.Text}", isUser: false);
        }

        AddOwnerGroups(rules);
        if (options.RedirectDns)
        {
            DnsRules.AddTcp(rules);
        }

        Append(rules, [new Match.Destination(rules.Loopback)], Known.Return,
            $"Calls to {rules.Loopback.AddressText} stay between the processes of the pod.");
        foreach (Cidr prefix in options.OutboundAddressesExcluded.Where(c => c.Version == rules.Version))
        {
            Append(rules, [new Match.Destination(prefix)], Known.Return, $"Destinations in {prefix} are excluded: they are reached directly.");
        }

        foreach (PortRange port in options.OutboundPortsIncluded)
        {
            Append(rules, [Known.Tcp, Known.ToPort(port)], Known.Jump(Chains.Redirect), $"Outbound port {port} is captured whatever the destination.");
        }

        AddDestinations(rules);
    }

    private static void AddProxyOwner(RuleList rules, Func<bool, Match> owner, string who, bool isUser)
    {
        InterceptionOptions options = rules.Options;
        Match notLoopback = new Match.Destination(rules.Loopback, Negated: true);

        // With DNS capture the agent's own TCP queries to a local resolver must not come back to it; the reference excepts them for users only.
        if (options.RedirectDns && isUser)
        {
            Append(rules,
                [Known.OutLoopback, notLoopback, Known.Tcp, new Match.NoDestinationPort([Known.DnsPort, options.InboundTunnelPort]), owner(false)],
                Known.Jump(Chains.InRedirect),
                $"The sidecar ({who}) calls the pod's own address: the call enters again as an inbound one.");
        }
        else
        {
            Append(rules,
                [Known.OutLoopback, notLoopback, Known.Tcp, new Match.DestinationPort(options.InboundTunnelPort, Negated: true), owner(false)],
                Known.Jump(Chains.InRedirect),
                $"The sidecar ({who}) calls the pod's own address: the call enters again as an inbound one.");
        }

        // Where a loopback range is listed for capture, the application's local calls must reach the rules below.
        if (!options.OutboundAddresses.Listed.Any(c => c.IsLoopback))
        {
            if (options.RedirectDns)
            {
                Append(rules, [Known.OutLoopback, Known.Tcp, new Match.DestinationPort(Known.DnsPort, Negated: true), owner(true)], Known.Return,
                    $"The application (not {who}) calls the pod itself, and not for DNS: that needs no sidecar.");
            }
            else
            {
                Append(rules, [Known.OutLoopback, owner(true)], Known.Return,
                    $"The application (not {who}) calls the pod itself: that needs no sidecar.");
            }
        }

        Append(rules, [owner(false)], Known.Return, $"The sidecar's own outbound traffic ({who}) leaves: captured again, it would loop.");
    }

    private static void AddOwnerGroups(RuleList rules)
    {
        if (!rules.Options.OwnerGroups.AllBut)
        {
            Append(rules, [.. rules.OwnerGroups.Select(g => new Match.Group(g, Negated: true))], Known.Return,
                $"Only processes of the groups {string.Join(", ", rules.OwnerGroups.Select(g => g.Text))} are captured, and this is none of them.");
            return;
        }

        foreach (Owner group in rules.OwnerGroups)
        {
            Append(rules, [new Match.Group(group)], Known.Return, $"Processes of group {group.Text} are not captured.");
        }
    }

    private static void AddDestinations(RuleList rules)
    {
        InterceptionOptions options = rules.Options;
        if (options.OutboundAddresses.All)
        {
            Append(rules, [], Known.Jump(Chains.Redirect), "All other outbound traffic goes to the sidecar.");
            foreach (string name in options.KubeVirtInterfaces)
            {
                rules.Insert(1, Table.Nat, Chains.Prerouting, [new Match.InInterface(name)], Known.Jump(Chains.Redirect),
                    $"What a guest on {name} sends is outbound traffic and goes to the sidecar.", LogPrefix.KubevirtCommand);
            }

            return;
        }

        Cidr[] prefixes = [.. options.OutboundAddresses.Of(rules.Version)];
        foreach (Cidr prefix in prefixes)
        {
            foreach (string name in options.KubeVirtInterfaces)
            {
                rules.Insert(1, Table.Nat, Chains.Prerouting, [new Match.InInterface(name), new Match.Destination(prefix)], Known.Jump(Chains.Redirect),
                    $"What a guest on {name} sends to {prefix} goes to the sidecar.", LogPrefix.KubevirtCommand);
            }

            Append(rules, [new Match.Destination(prefix)], Known.Jump(Chains.Redirect), $"Destinations in {prefix} are listed for capture.");
        }

        if (prefixes.Length > 0)
        {
            Append(rules, [], Known.Return, "The destination is in none of the listed ranges: it is reached directly.");
        }
    }

    private static void Append(RuleList rules, System.Collections.Immutable.ImmutableArray<Match> matches, Target target, string reason) =>
        rules.Append(Table.Nat, Chains.Outbound, matches, target, reason);
}
