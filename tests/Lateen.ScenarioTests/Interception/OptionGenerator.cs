using System.Collections.Frozen;
using System.Collections.Immutable;
using Lateen.Interception.Options;

namespace Lateen.ScenarioTests.Interception;

/// <summary>Random options over the addresses and ports of <see cref="PodLab"/>, every option reached.</summary>
internal static class OptionGenerator
{
    public static HostFacts Host { get; } = new()
    {
        HasIpv4 = true,
        HasIpv6 = true,
        DnsServersV4 = ["10.99.0.53", "127.0.0.53"],
        DnsServersV6 = ["2001:db8:99::53"],
        Users = FrozenDictionary<string, uint>.Empty,
        Groups = new Dictionary<string, uint> { ["nogroup"] = 65534 }.ToFrozenDictionary(),
    };

    public static InterceptionOptions Next(Random random)
    {
        bool Maybe(double chance = 0.3) => random.NextDouble() < chance;
        T OneOf<T>(params T[] values) => values[random.Next(values.Length)];
        ImmutableArray<T> Some<T>(params T[] values) => [.. values.Where(_ => Maybe(0.4))];
        ImmutableArray<Cidr> Prefixes(params string[] texts) => [.. Some(texts).Select(t => Cidr.TryParse(t, out Cidr? c) ? c : throw new FormatException(t))];
        return new InterceptionOptions
        {
            DualStack = true,
            Mode = Maybe(0.4) ? InterceptionMode.Tproxy : InterceptionMode.Redirect,
            ProxyUids = OneOf<ImmutableArray<string>>(["1337"], ["3", "4"]),
            ProxyGids = OneOf<ImmutableArray<string>>(["1337"], ["1", "2"]),
            InboundPorts = OneOf(PortSelection.Every, PortSelection.Every, PortSelection.None, new PortSelection(false, [80, new PortRange(4000, 8080)])),
            InboundPortsExcluded = Some<PortRange>(15090, 15021, 15020, 443),
            ExcludedInterfaces = Maybe(0.15) ? ["eth1"] : [],
            KubeVirtInterfaces = Maybe(0.15) ? ["eth1"] : [],
            OutboundAddresses = Maybe(0.6) ? AddressSelection.Every
                : new AddressSelection(false, Prefixes("10.99.1.0/24", "10.99.2.0/23", "127.1.2.3/32", "2001:db8:99:1::/64", "fd66::/64", "10.66.0.2/32")),
            OutboundAddressesExcluded = Prefixes("10.99.1.128/25", "10.99.2.0/24", "2001:db8:99:1:1::/80"),
            OutboundPortsIncluded = Some<PortRange>(31000, 443),
            OutboundPortsExcluded = Some<PortRange>(8080, 4000),
            OwnerGroups = Maybe(0.3)
                ? new OwnerGroupSelection(false, Some("1000", "888", "nogroup"))
                : new OwnerGroupSelection(true, Some("888", "nogroup")),
            RedirectDns = Maybe(0.5),
            CaptureAllDns = Maybe(0.5),
            DropInvalid = Maybe(),
            TraceLogging = Maybe(0.2),
        };
    }
}
