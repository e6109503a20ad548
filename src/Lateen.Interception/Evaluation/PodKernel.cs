using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Evaluation;

/// <summary>A pod's kernel as its connections meet it: the rules that istio-iptables made, and the pod's addresses.</summary>
public sealed class PodKernel
{
    // Where the sidecar's own connections to the application come from.
    private static readonly IPAddress Passthrough = IPAddress.Parse("127.0.0.6");
    private static readonly IPAddress PassthroughV6 = IPAddress.Parse("::6");

    private readonly InterceptionRules? _rules;
    private readonly ImmutableArray<IPAddress> _own;

    private PodKernel(InterceptionRules? rules, InterceptionOptions? options, ImmutableArray<IPAddress> own)
    {
        _rules = rules;
        _own = own;
        Options = options;
    }

    /// <summary>What the rules were made of; null for a pod without interception.</summary>
    public InterceptionOptions? Options { get; }

    /// <summary>The user that the sidecar's sockets belong to.</summary>
    public uint ProxyUser => uint.TryParse(Options?.ProxyUids.FirstOrDefault(), out uint id) ? id : 1337;

    /// <summary>A pod without interception.</summary>
    public static PodKernel Plain(IEnumerable<IPAddress> own) => new(null, null, [.. own]);

    /// <summary>A pod whose rules an init container made.</summary>
    /// <param name="arguments">The container's arguments behind <c>istio-iptables</c>.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="own">The pod's addresses.</param>
    /// <exception cref="FormatException">The arguments are not those of istio-iptables; the message names each problem.</exception>
    public static PodKernel Of(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, IEnumerable<IPAddress> own)
    {
        ImmutableArray<IPAddress> addresses = [.. own];
        BoundOptions bound = OptionBinder.Bind(OptionValues.Read(arguments, environment), _ => null);
        if (!bound.Problems.IsEmpty)
        {
            throw new FormatException(string.Join("; ", bound.Problems));
        }

        HostFacts facts = new()
        {
            HasIpv4 = addresses.Any(a => a.AddressFamily == AddressFamily.InterNetwork),
            HasIpv6 = addresses.Any(a => a.AddressFamily == AddressFamily.InterNetworkV6),
        };
        return new PodKernel(InterceptionRuleBuilder.Build(bound.Interception, facts), bound.Interception, addresses);
    }

    /// <summary>A connection that a process of the pod opens.</summary>
    /// <param name="user">The user and group of the process.</param>
    public Evaluation Opens(IPEndPoint destination, uint user) => Evaluate(destination, user, null);

    /// <summary>The connection that the sidecar opens to the application of its own pod, from 127.0.0.6.</summary>
    public Evaluation Delivers(IPEndPoint destination) => Evaluate(
        destination, ProxyUser, destination.AddressFamily == AddressFamily.InterNetwork ? Passthrough : PassthroughV6);

    /// <summary>A connection that comes in from another pod.</summary>
    public Evaluation Takes(IPAddress source, IPEndPoint destination) => Held(new Packet
    {
        IsLocal = false,
        Source = source,
        Destination = destination.Address,
        DestinationPort = (ushort)destination.Port,
        InInterface = "eth0",
    });

    /// <summary>Whether a destination is this pod.</summary>
    public bool IsOwn(IPAddress address) => IPAddress.IsLoopback(address) || _own.Contains(address);

    private Evaluation Evaluate(IPEndPoint destination, uint user, IPAddress? source)
    {
        bool self = IsOwn(destination.Address);
        return Held(new Packet
        {
            IsLocal = true,
            Source = source ?? (self ? destination.Address : _own.FirstOrDefault(a => a.AddressFamily == destination.AddressFamily) ?? destination.Address),
            Destination = destination.Address,
            DestinationPort = (ushort)destination.Port,
            OutInterface = self ? "lo" : "eth0",
            Uid = user,
            Gid = user,
        });
    }

    private Evaluation Held(Packet packet)
    {
        bool v4 = packet.Destination.AddressFamily == AddressFamily.InterNetwork;
        RuleSet rules = (v4 ? _rules?.V4 : _rules?.V6) ?? new RuleSet(v4 ? IpVersion.V4 : IpVersion.V6, []);
        return RuleEvaluator.Evaluate(rules, packet);
    }
}
