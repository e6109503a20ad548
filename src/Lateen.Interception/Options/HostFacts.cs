using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Lateen.Interception.Options;

/// <summary>What the rules depend on besides the options.</summary>
public sealed record HostFacts
{
    /// <summary>Whether the pod has an IPv4 address that is neither loopback nor link-local.</summary>
    public bool HasIpv4 { get; init; } = true;

    /// <summary>The same for IPv6.</summary>
    public bool HasIpv6 { get; init; }

    /// <summary>The IPv4 servers of resolv.conf, in its spelling.</summary>
    public ImmutableArray<string> DnsServersV4 { get; init; } = [];

    /// <summary>The IPv6 servers of resolv.conf, in its spelling.</summary>
    public ImmutableArray<string> DnsServersV6 { get; init; } = [];

    /// <summary>Ids of users that the options call by name.</summary>
    public FrozenDictionary<string, uint> Users { get; init; } = FrozenDictionary<string, uint>.Empty;

    /// <summary>Ids of groups that the options call by name.</summary>
    public FrozenDictionary<string, uint> Groups { get; init; } = FrozenDictionary<string, uint>.Empty;

    /// <summary>Whether IPv6 rules are made: the pod is IPv6-only, or dual stack is asked for and there is an IPv6 address.</summary>
    public bool EnablesIpv6(bool dualStack) => HasIpv6 && (dualStack || !HasIpv4);
}
