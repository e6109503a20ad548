using System.Collections.Immutable;
using System.Net;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>Collects the rules of one IP version; with trace logging, each named rule gets its NFLOG twin in front.</summary>
internal sealed class RuleList(IpVersion version, InterceptionOptions options, HostFacts host)
{
    // From bytes: parsing costs the start-up a millisecond of compilation.
    private static readonly Cidr Loopback4 = Cidr.Host("127.0.0.1", new IPAddress([127, 0, 0, 1]));
    private static readonly Cidr Loopback6 = Cidr.Host("::1", IPAddress.IPv6Loopback);
    private static readonly Cidr Passthrough4 = Cidr.Host("127.0.0.6", new IPAddress([127, 0, 0, 6]));
    private static readonly Cidr Passthrough6 = Cidr.Host("::6", new IPAddress([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6]));

    private readonly List<Rule> _rules = [];

    public IpVersion Version => version;

    public InterceptionOptions Options => options;

    /// <summary>The one loopback address that is never captured.</summary>
    public Cidr Loopback { get; } = version == IpVersion.V4 ? Loopback4 : Loopback6;

    /// <summary>The source address of the sidecar's connections to the application (Istio: InboundPassthroughBindIpv4 and Ipv6).</summary>
    public Cidr Passthrough { get; } = version == IpVersion.V4 ? Passthrough4 : Passthrough6;

    /// <summary>Resolvers of this IP version, in the spelling of resolv.conf.</summary>
    public IEnumerable<Cidr> DnsServers =>
        (version == IpVersion.V4 ? host.DnsServersV4 : host.DnsServersV6).Select(s => Cidr.Host(s, IPAddress.Parse(s)));

    public IEnumerable<Owner> ProxyUsers => options.ProxyUids.Select(u => Owner.Of(u, host.Users));

    public IEnumerable<Owner> ProxyGroups => options.ProxyGids.Select(g => Owner.Of(g, host.Groups));

    public IEnumerable<Owner> OwnerGroups => options.OwnerGroups.Groups.Select(g => Owner.Of(g, host.Groups));

    public void Append(Table table, string chain, ImmutableArray<Match> matches, Target target, string reason, string? log = null)
    {
        if (log is not null && options.TraceLogging)
        {
            _rules.Add(new Rule(table, chain, matches, new Target.Log(log), $"Logged as {log} before the next rule acts."));
        }

        _rules.Add(new Rule(table, chain, matches, target, reason));
    }

    public void Insert(int position, Table table, string chain, ImmutableArray<Match> matches, Target target, string reason, string? log = null)
    {
        _rules.Add(new Rule(table, chain, matches, target, reason) { Position = position });
        if (log is not null && options.TraceLogging)
        {
            // Inserted at the same place afterwards, so it ends up in front.
            _rules.Add(new Rule(table, chain, matches, new Target.Log(log), $"Logged as {log} before the next rule acts.") { Position = position });
        }
    }

    public RuleSet ToRuleSet() => new(version, [.. _rules]);
}
