using System.Collections.Immutable;
using Lateen.Interception.Evaluation;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>PREROUTING and ISTIO_INBOUND: which inbound connections reach the sidecar (-b, -d).</summary>
internal static class InboundRules
{
    private static readonly ImmutableArray<ConnectionState> Tracked = [ConnectionState.Related, ConnectionState.Established];

    public static void Add(RuleList rules)
    {
        InterceptionOptions options = rules.Options;
        if (options.InboundPorts.IsEmpty)
        {
            return;
        }

        bool tproxy = options.UsesTproxy;
        Table table = tproxy ? Table.Mangle : Table.Nat;
        if (tproxy)
        {
            AddTproxyChains(rules);
        }

        rules.Append(table, Chains.Prerouting, [Known.Tcp], Known.Jump(Chains.Inbound),
            "Every TCP connection that comes in is looked at by ISTIO_INBOUND.", LogPrefix.JumpInbound);
        if (!options.InboundPorts.All)
        {
            foreach (PortRange port in options.InboundPorts.Listed)
            {
                Capture(rules, table, [Known.Tcp, Known.ToPort(port)], $"Inbound port {port} is listed for capture", LogPrefix.IncludeInboundPort);
            }

            return;
        }

        foreach (PortRange port in options.InboundPortsExcluded)
        {
            rules.Append(table, Chains.Inbound, [Known.Tcp, Known.ToPort(port)], Known.Return,
                $"Inbound port {port} is excluded: it is reached directly.", LogPrefix.ExcludeInboundPort);
        }

        Capture(rules, table, [Known.Tcp], "All other inbound ports are captured", LogPrefix.InboundCapture);
    }

    private static void Capture(RuleList rules, Table table, ImmutableArray<Match> matches, string why, string log)
    {
        if (table == Table.Nat)
        {
            rules.Append(table, Chains.Inbound, matches, Known.Jump(Chains.InRedirect), $"{why}: the connection goes to the sidecar.", log);
            return;
        }

        rules.Append(table, Chains.Inbound, [.. matches, new Match.State(Tracked)], Known.Jump(Chains.Divert),
            $"{why}, and the connection is already the sidecar's: its packets go on to the same socket.", log);
        rules.Append(table, Chains.Inbound, matches, Known.Jump(Chains.Tproxy), $"{why}: the connection goes to the sidecar unchanged.", log);
    }

    private static void AddTproxyChains(RuleList rules)
    {
        InterceptionOptions options = rules.Options;
        rules.Append(Table.Mangle, Chains.Divert, [], new Target.SetMark(options.TproxyMark),
            $"Marked {options.TproxyMark}, so that routing table {options.TproxyRouteTable} delivers the packet on this machine.");
        rules.Append(Table.Mangle, Chains.Divert, [], new Target.Accept(), "Nothing else in this table concerns the packet.");
        rules.Append(Table.Mangle, Chains.Tproxy, [new Match.Destination(rules.Loopback, Negated: true), Known.Tcp],
            new Target.TransparentProxy(options.InboundCapturePort, options.TproxyMark),
            $"The sidecar's inbound listener on port {options.InboundCapturePort} gets the packet with both addresses as they were.", LogPrefix.InboundCapture);
    }
}
