using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>
/// Options and host facts -> rules. Pure. The rules and their order are those of Istio 1.19.3's istio-iptables, so that what people
/// know about a pod's rules stays true.
/// </summary>
public static class InterceptionRuleBuilder
{
    /// <summary>The rules of a pod. IPv6 ones only where <see cref="HostFacts.EnablesIpv6"/> says so.</summary>
    public static InterceptionRules Build(InterceptionOptions options, HostFacts host)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(host);
        return new InterceptionRules(
            Build(IpVersion.V4, options, host),
            host.EnablesIpv6(options.DualStack) ? Build(IpVersion.V6, options, host) : null);
    }

    private static RuleSet Build(IpVersion version, InterceptionOptions options, HostFacts host)
    {
        RuleList rules = new(version, options, host);
        InterfaceRules.Add(rules);
        CaptureChains(rules);
        InboundRules.Add(rules);
        OutboundRules.Add(rules);
        if (options.RedirectDns)
        {
            DnsRules.Add(rules);
        }

        if (options.Mode == InterceptionMode.Tproxy)
        {
            TproxyRules.Add(rules);
        }

        return rules.ToRuleSet();
    }

    private static void CaptureChains(RuleList rules)
    {
        InterceptionOptions options = rules.Options;
        if (options.DropInvalid)
        {
            rules.Append(Table.Mangle, Chains.Prerouting, [new Match.State([Evaluation.ConnectionState.Invalid])], new Target.Drop(),
                "Connection tracking calls the packet invalid, so no translation would apply to it: it is dropped before it confuses either end.");
        }

        rules.Append(Table.Nat, Chains.Inbound, [Known.Tcp, Known.ToPort(options.InboundTunnelPort)], Known.Return,
            $"Port {options.InboundTunnelPort} is the sidecar's tunnel port: tunnelled traffic goes to it directly.");
        rules.Append(Table.Nat, Chains.Redirect, [Known.Tcp], new Target.Redirect(options.ProxyPort),
            $"Captured outbound traffic goes to the sidecar's outbound listener on port {options.ProxyPort}.");
        rules.Append(Table.Nat, Chains.InRedirect, [Known.Tcp], new Target.Redirect(options.InboundCapturePort),
            $"Captured inbound traffic goes to the sidecar's inbound listener on port {options.InboundCapturePort}.");
    }
}
