using System.Collections.Immutable;

namespace Lateen.Interception.Options;

/// <summary>
/// What shall be intercepted: the options of istio-iptables that decide the rules. Names in the comments are the flags of the
/// reference, 1.19.3.
/// </summary>
public sealed record InterceptionOptions
{
    /// <summary>Where the agent answers DNS queries, UDP and TCP.</summary>
    public const ushort DnsListenerPort = 15053;

    /// <summary>--envoy-port: the sidecar's outbound listener.</summary>
    public ushort ProxyPort { get; init; } = 15001;

    /// <summary>--inbound-capture-port: the sidecar's inbound listener.</summary>
    public ushort InboundCapturePort { get; init; } = 15006;

    /// <summary>--inbound-tunnel-port: never captured inbound.</summary>
    public ushort InboundTunnelPort { get; init; } = 15008;

    /// <summary>--proxy-uid: users whose traffic is the sidecar's own; ids or names.</summary>
    public ImmutableArray<string> ProxyUids { get; init; } = ["1337"];

    /// <summary>--proxy-gid: groups whose traffic is the sidecar's own; ids or names.</summary>
    public ImmutableArray<string> ProxyGids { get; init; } = ["1337"];

    /// <summary>--istio-inbound-interception-mode.</summary>
    public InterceptionMode Mode { get; init; }

    /// <summary>--istio-inbound-tproxy-mark: packet mark; mark + 1 marks the sidecar's own calls to the pod itself.</summary>
    public uint TproxyMark { get; init; } = 1337;

    /// <summary>--istio-inbound-tproxy-route-table: policy routing table that delivers marked packets locally.</summary>
    public uint TproxyRouteTable { get; init; } = 133;

    /// <summary>--istio-inbound-ports.</summary>
    public PortSelection InboundPorts { get; init; } = PortSelection.None;

    /// <summary>--istio-local-exclude-ports: exceptions where <see cref="InboundPorts"/> is all.</summary>
    public ImmutableArray<PortRange> InboundPortsExcluded { get; init; } = [];

    /// <summary>--istio-exclude-interfaces: nothing that passes them is captured.</summary>
    public ImmutableArray<string> ExcludedInterfaces { get; init; } = [];

    /// <summary>--kube-virt-interfaces: what comes in on them is a guest's outbound traffic.</summary>
    public ImmutableArray<string> KubeVirtInterfaces { get; init; } = [];

    /// <summary>--istio-service-cidr.</summary>
    public AddressSelection OutboundAddresses { get; init; } = AddressSelection.None;

    /// <summary>--istio-service-exclude-cidr.</summary>
    public ImmutableArray<Cidr> OutboundAddressesExcluded { get; init; } = [];

    /// <summary>--istio-outbound-ports: captured whatever the destination.</summary>
    public ImmutableArray<PortRange> OutboundPortsIncluded { get; init; } = [];

    /// <summary>--istio-local-outbound-ports-exclude: never captured.</summary>
    public ImmutableArray<PortRange> OutboundPortsExcluded { get; init; } = [];

    /// <summary>ISTIO_OUTBOUND_OWNER_GROUPS and ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE.</summary>
    public OwnerGroupSelection OwnerGroups { get; init; } = OwnerGroupSelection.Everybody;

    /// <summary>--redirect-dns: queries go to the agent.</summary>
    public bool RedirectDns { get; init; }

    /// <summary>--capture-all-dns: queries to any server, not only to those of resolv.conf.</summary>
    public bool CaptureAllDns { get; init; }

    /// <summary>--drop-invalid: packets that connection tracking calls invalid are dropped.</summary>
    public bool DropInvalid { get; init; }

    /// <summary>--dual-stack: IPv6 rules also where the pod's first address is an IPv4 one.</summary>
    public bool DualStack { get; init; }

    /// <summary>--iptables-trace-logging: the named rules are logged to NFLOG group 1337.</summary>
    public bool TraceLogging { get; init; }

    /// <summary>Whether inbound packets are handed over by TPROXY, which needs routes of its own.</summary>
    public bool UsesTproxy => Mode == InterceptionMode.Tproxy && !InboundPorts.IsEmpty;
}
