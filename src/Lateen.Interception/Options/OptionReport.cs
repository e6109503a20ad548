using System.Text;

namespace Lateen.Interception.Options;

/// <summary>The resolved values as the log shows them, under the names of the reference.</summary>
public static class OptionReport
{
    /// <summary>One <c>NAME=value</c> per line.</summary>
    public static string Text(InterceptionOptions options, ApplyOptions apply, HostFacts host)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(host);
        StringBuilder text = new("Istio iptables variables:\n");
        void Add(string name, object value) => text.Append(name).Append('=').Append(value is bool flag ? flag ? "true" : "false" : value).Append('\n');
        static string Join<T>(IEnumerable<T> values) => string.Join(',', values);
        OwnerGroupSelection groups = options.OwnerGroups;
        Add("PROXY_PORT", options.ProxyPort);
        Add("PROXY_INBOUND_CAPTURE_PORT", options.InboundCapturePort);
        Add("PROXY_TUNNEL_PORT", options.InboundTunnelPort);
        Add("PROXY_UID", Join(options.ProxyUids));
        Add("PROXY_GID", Join(options.ProxyGids));
        Add("INBOUND_INTERCEPTION_MODE", options.Mode == InterceptionMode.Tproxy ? "TPROXY" : "REDIRECT");
        Add("INBOUND_TPROXY_MARK", options.TproxyMark);
        Add("INBOUND_TPROXY_ROUTE_TABLE", options.TproxyRouteTable);
        Add("INBOUND_PORTS_INCLUDE", options.InboundPorts.All ? "*" : Join(options.InboundPorts.Listed));
        Add("INBOUND_PORTS_EXCLUDE", Join(options.InboundPortsExcluded));
        Add("OUTBOUND_OWNER_GROUPS_INCLUDE", groups.AllBut ? "*" : Join(groups.Groups));
        Add("OUTBOUND_OWNER_GROUPS_EXCLUDE", groups.AllBut ? Join(groups.Groups) : "");
        Add("OUTBOUND_IP_RANGES_INCLUDE", options.OutboundAddresses.All ? "*" : Join(options.OutboundAddresses.Listed));
        Add("OUTBOUND_IP_RANGES_EXCLUDE", Join(options.OutboundAddressesExcluded));
        Add("OUTBOUND_PORTS_INCLUDE", Join(options.OutboundPortsIncluded));
        Add("OUTBOUND_PORTS_EXCLUDE", Join(options.OutboundPortsExcluded));
        Add("KUBE_VIRT_INTERFACES", Join(options.KubeVirtInterfaces));
        Add("ENABLE_INBOUND_IPV6", host.EnablesIpv6(options.DualStack));
        Add("DUAL_STACK", options.DualStack);
        Add("DNS_CAPTURE", options.RedirectDns);
        Add("DROP_INVALID", options.DropInvalid);
        Add("CAPTURE_ALL_DNS", options.CaptureAllDns);
        Add("DNS_SERVERS", $"[{string.Join(' ', host.DnsServersV4)}],[{string.Join(' ', host.DnsServersV6)}]");
        Add("NETWORK_NAMESPACE", apply.NetworkNamespace);
        Add("CNI_MODE", apply.CniMode);
        Add("HOST_NSENTER_EXEC", apply.HostNsenterExec);
        Add("EXCLUDE_INTERFACES", Join(options.ExcludedInterfaces));
        return text.ToString();
    }
}
