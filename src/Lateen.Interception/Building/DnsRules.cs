using System.Collections.Immutable;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>
/// Queries go to the agent on port 15053. The agent's own upstream queries (zone 1) and the application's to the agent (zone 2) may have the same
/// addresses and ports, so connection tracking keeps them in zones of their own.
/// </summary>
internal static class DnsRules
{
    private const ushort UpstreamZone = 1;
    private const ushort ClientZone = 2;

    /// <summary>The TCP part, which stands inside ISTIO_OUTPUT.</summary>
    public static void AddTcp(RuleList rules)
    {
        if (rules.Options.CaptureAllDns)
        {
            rules.Append(Table.Nat, Chains.Outbound, [Known.Tcp, Known.ToDns], new Target.Redirect(InterceptionOptions.DnsListenerPort),
                "A DNS query over TCP is answered by the agent.");
            return;
        }

        foreach (Cidr server in rules.DnsServers)
        {
            rules.Append(Table.Nat, Chains.Outbound, [Known.Tcp, Known.ToDns, new Match.Destination(server)],
                new Target.Redirect(InterceptionOptions.DnsListenerPort), $"A DNS query over TCP to the pod's resolver {server.AddressText} is answered by the agent.");
        }
    }

    /// <summary>The UDP part, which stands in the built-in chains.</summary>
    public static void Add(RuleList rules)
    {
        AddRedirects(rules);
        AddZones(rules);
    }

    private static void AddRedirects(RuleList rules)
    {
        void Append(ImmutableArray<Match> matches, Target target, string reason) =>
            rules.Append(Table.Nat, Chains.Output, [Known.Udp, Known.ToDns, .. matches], target, reason);

        foreach (Match owner in ProxyOwners(rules))
        {
            Append([owner], Known.Return, "The agent's own DNS queries go to the real server.");
        }

        if (!rules.Options.OwnerGroups.AllBut)
        {
            Append([.. rules.OwnerGroups.Select(g => new Match.Group(g, Negated: true))], Known.Return,
                $"Only processes of the groups {string.Join(", ", rules.OwnerGroups.Select(g => g.Text))} are captured, and this is none of them.");
        }
        else
        {
            foreach (Owner group in rules.OwnerGroups)
            {
                Append([new Match.Group(group)], Known.Return, $"Processes of group {group.Text} are not captured.");
            }
        }

        foreach (ImmutableArray<Match> server in Servers(rules))
        {
            Append(server, new Target.Redirect(InterceptionOptions.DnsListenerPort, Singular: true), "A DNS query is answered by the agent.");
        }
    }

    private static void AddZones(RuleList rules)
    {
        void Append(string chain, ImmutableArray<Match> matches, ushort zone, string reason) =>
            rules.Append(Table.Raw, chain, [Known.Udp, .. matches], new Target.ConntrackZone(zone), reason);

        foreach (Match owner in ProxyOwners(rules))
        {
            Append(Chains.Output, [Known.ToDns, owner], UpstreamZone, "The agent asks the real server: zone 1.");
            Append(Chains.Output, [new Match.SourcePort(InterceptionOptions.DnsListenerPort), owner], ClientZone, "The agent answers the application: zone 2.");
        }

        foreach (ImmutableArray<Match> server in Servers(rules))
        {
            Append(Chains.Output, [Known.ToDns, .. server], ClientZone, "The application asks: zone 2.");
            Append(Chains.Prerouting, [new Match.SourcePort(Known.DnsPort), .. server], UpstreamZone, "The real server answers the agent: zone 1.");
        }
    }

    private static IEnumerable<Match> ProxyOwners(RuleList rules) =>
        [.. rules.ProxyUsers.Select(u => new Match.User(u)), .. rules.ProxyGroups.Select(g => new Match.Group(g))];

    private static IEnumerable<ImmutableArray<Match>> Servers(RuleList rules) => rules.Options.CaptureAllDns
        ? [[]]
        : rules.DnsServers.Select(s => ImmutableArray.Create<Match>(new Match.Destination(s)));
}
