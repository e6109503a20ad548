namespace Lateen.Interception.Options;

/// <summary>One option: its names, its default and what it is for.</summary>
/// <param name="Name">Long flag without dashes; empty for an option that only the environment sets.</param>
/// <param name="Letter">One-letter flag, or NUL.</param>
/// <param name="Variable">Environment variable that sets it where no flag does.</param>
/// <param name="Default">The value where nothing sets it.</param>
/// <param name="IsSwitch">Whether the flag may stand without a value.</param>
/// <param name="Help">One line for --help.</param>
public sealed record OptionSpec(string Name, char Letter, string Variable, string Default, bool IsSwitch, string Help)
{
    /// <summary>A second variable that is asked where <see cref="Variable"/> is not set.</summary>
    public string? SecondVariable { get; init; }

    /// <summary>Whether the variable counts as set when it is empty.</summary>
    public bool EmptyIsValue { get; init; }

    /// <summary>How the option is called in messages.</summary>
    public string Called => Name.Length > 0 ? "--" + Name : Variable;
}

/// <summary>Every option of istio-iptables 1.19.3: flag, short flag, variable, default.</summary>
public static class OptionTable
{
    public static OptionSpec EnvoyPort { get; } = Value("envoy-port", 'p', "15001", "port that outbound connections are redirected to");
    public static OptionSpec InboundCapturePort { get; } = Value("inbound-capture-port", 'z', "15006", "port that inbound connections are redirected to");
    public static OptionSpec InboundTunnelPort { get; } = Value("inbound-tunnel-port", 'e', "15008", "port of tunnelled inbound traffic, never captured");
    public static OptionSpec ProxyUid { get; } = Value("proxy-uid", 'u', "", "users whose traffic is the sidecar's own (default: user $ENVOY_USER, else 1337)");
    public static OptionSpec ProxyGid { get; } = Value("proxy-gid", 'g', "", "groups whose traffic is the sidecar's own (default: as --proxy-uid)");
    public static OptionSpec Mode { get; } = Value("istio-inbound-interception-mode", 'm', "", "REDIRECT or TPROXY");
    public static OptionSpec TproxyMark { get; } = Value("istio-inbound-tproxy-mark", 't', "1337", "packet mark in TPROXY mode");
    public static OptionSpec TproxyRouteTable { get; } = Value("istio-inbound-tproxy-route-table", 'r', "133", "routing table for marked packets in TPROXY mode");
    public static OptionSpec InboundPorts { get; } = Value("istio-inbound-ports", 'b', "", "inbound ports to capture: a list, * for all, empty for none");
    public static OptionSpec InboundPortsExclude { get; } = Value("istio-local-exclude-ports", 'd', "", "inbound ports not to capture where -b is *");
    public static OptionSpec ExcludeInterfaces { get; } = Value("istio-exclude-interfaces", 'c', "", "interfaces whose traffic is not captured");
    public static OptionSpec ServiceCidr { get; } = Value("istio-service-cidr", 'i', "", "destinations to capture: a list of prefixes, * for all, empty for none");
    public static OptionSpec ServiceExcludeCidr { get; } = Value("istio-service-exclude-cidr", 'x', "", "destinations not to capture");
    public static OptionSpec OutboundPorts { get; } = Value("istio-outbound-ports", 'q', "", "outbound ports to capture whatever the destination");
    public static OptionSpec OutboundPortsExclude { get; } = Value("istio-local-outbound-ports-exclude", 'o', "", "outbound ports not to capture");
    public static OptionSpec KubeVirtInterfaces { get; } = Value("kube-virt-interfaces", 'k', "", "interfaces whose incoming traffic is a guest's outbound traffic");
    public static OptionSpec OwnerGroups { get; } = new("", '\0', "ISTIO_OUTBOUND_OWNER_GROUPS", "*", false, "groups whose outbound traffic is captured") { EmptyIsValue = true };
    public static OptionSpec OwnerGroupsExclude { get; } = new("", '\0', "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", "", false, "groups whose outbound traffic is not captured") { EmptyIsValue = true };
    public static OptionSpec DryRun { get; } = Switch("dry-run", 'n', "false", "print what would be done");
    public static OptionSpec TraceLogging { get; } = Switch("iptables-trace-logging", '\0', "false", "log captured packets to NFLOG group 1337");
    public static OptionSpec RestoreFormat { get; } = Switch("restore-format", 'f', "true", "use iptables-restore; false: one command per rule");
    public static OptionSpec ProbePort { get; } = Value("iptables-probe-port", '\0', "15002", "destination port of the validation connection");
    public static OptionSpec ProbeTimeout { get; } = Value("probe-timeout", '\0', "5s", "time limit of the validation");
    public static OptionSpec SkipRuleApply { get; } = Switch("skip-rule-apply", '\0', "false", "change no rules and no routes");
    public static OptionSpec RunValidation { get; } = Switch("run-validation", '\0', "false", "see whether a connection is captured");
    public static OptionSpec RedirectDns { get; } = Switch("redirect-dns", '\0', "false", "DNS queries go to the agent") with { SecondVariable = "ISTIO_META_DNS_CAPTURE" };
    public static OptionSpec CaptureAllDns { get; } = Switch("capture-all-dns", '\0', "false", "DNS queries to any server, not only to those of resolv.conf");
    public static OptionSpec DropInvalid { get; } = Switch("drop-invalid", '\0', "false", "drop packets that connection tracking calls invalid") with { SecondVariable = "INVALID_DROP" };
    public static OptionSpec DualStack { get; } = Switch("dual-stack", '\0', "false", "IPv6 rules also for pods whose first address is IPv4") with { SecondVariable = "ISTIO_DUAL_STACK" };
    public static OptionSpec NetworkNamespace { get; } = Value("network-namespace", '\0', "", "path of the network namespace to work in");
    public static OptionSpec CniMode { get; } = Switch("cni-mode", '\0', "false", "called by a CNI plugin");
    public static OptionSpec HostNsenterExec { get; } = Switch("host-nsenter-exec", '\0', "false", "run the tools through nsenter");

    /// <summary>Every option, in the order of --help.</summary>
    public static IReadOnlyList<OptionSpec> All { get; } =
    [
        EnvoyPort, InboundCapturePort, InboundTunnelPort, ProxyUid, ProxyGid, Mode, TproxyMark, TproxyRouteTable, InboundPorts, InboundPortsExclude,
        ExcludeInterfaces, ServiceCidr, ServiceExcludeCidr, OutboundPorts, OutboundPortsExclude, KubeVirtInterfaces, OwnerGroups, OwnerGroupsExclude,
        DryRun, TraceLogging, RestoreFormat, ProbePort, ProbeTimeout, SkipRuleApply, RunValidation, RedirectDns, CaptureAllDns, DropInvalid, DualStack,
        NetworkNamespace, CniMode, HostNsenterExec,
    ];

    private static OptionSpec Value(string name, char letter, string fallback, string help) =>
        new(name, letter, Variable(name), fallback, false, help);

    private static OptionSpec Switch(string name, char letter, string fallback, string help) =>
        new(name, letter, Variable(name), fallback, true, help);

    private static string Variable(string name) => name.ToUpperInvariant().Replace('-', '_');
}
