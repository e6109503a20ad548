using System.Collections.Immutable;
using System.Globalization;

namespace Lateen.Interception.Options;

/// <summary>What came out of reading the options.</summary>
/// <param name="Interception">What to intercept.</param>
/// <param name="Apply">How to put it in place.</param>
/// <param name="Problems">Why the options must not be used; empty where they may.</param>
/// <param name="Warnings">Parts that were left out, as the reference leaves them out.</param>
public sealed record BoundOptions(
    InterceptionOptions Interception, ApplyOptions Apply, ImmutableArray<OptionProblem> Problems, ImmutableArray<string> Warnings);

/// <summary>Texts -> typed options; collects every problem before it gives up.</summary>
public sealed class OptionBinder
{
    /// <summary>The user that the sidecar runs as where nothing says otherwise.</summary>
    public const string DefaultProxyId = "1337";

    // Linux: IFNAMSIZ is 16 with the terminating NUL.
    private const int LongestInterfaceName = 15;

    private readonly OptionValues _values;
    private readonly List<OptionProblem> _problems;
    private readonly List<string> _warnings = [];

    private OptionBinder(OptionValues values)
    {
        _values = values;
        _problems = [.. values.Problems];
    }

    /// <summary>Binds the values.</summary>
    /// <param name="values">Flags and environment.</param>
    /// <param name="proxyUser">Looks up a user's id by name; used where --proxy-uid is not given.</param>
    public static BoundOptions Bind(OptionValues values, Func<string, string?> proxyUser, string envoyUser = "istio-proxy")
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(proxyUser);
        return new OptionBinder(values).Bind(() => proxyUser(envoyUser) ?? DefaultProxyId);
    }

    private BoundOptions Bind(Func<string> defaultProxyId)
    {
        ImmutableArray<string> users = Owners(OptionTable.ProxyUid, "user");
        users = users.IsEmpty ? [defaultProxyId()] : users;
        ImmutableArray<string> groups = Owners(OptionTable.ProxyGid, "group");
        InterceptionOptions interception = new()
        {
            ProxyPort = Port(OptionTable.EnvoyPort),
            InboundCapturePort = Port(OptionTable.InboundCapturePort),
            InboundTunnelPort = Port(OptionTable.InboundTunnelPort),
            ProxyUids = users,
            ProxyGids = groups.IsEmpty ? users : groups,
            Mode = Mode(),
            TproxyMark = Number(OptionTable.TproxyMark, uint.MaxValue - 1),
            TproxyRouteTable = Number(OptionTable.TproxyRouteTable, uint.MaxValue),
            InboundPorts = PortSelection(OptionTable.InboundPorts),
            InboundPortsExcluded = Ports(OptionTable.InboundPortsExclude),
            ExcludedInterfaces = Interfaces(OptionTable.ExcludeInterfaces),
            KubeVirtInterfaces = Interfaces(OptionTable.KubeVirtInterfaces),
            OutboundAddresses = Addresses(),
            OutboundAddressesExcluded = AddressesExcluded(),
            OutboundPortsIncluded = Ports(OptionTable.OutboundPorts),
            OutboundPortsExcluded = Ports(OptionTable.OutboundPortsExclude),
            OwnerGroups = OwnerGroups(),
            RedirectDns = Switch(OptionTable.RedirectDns),
            CaptureAllDns = Switch(OptionTable.CaptureAllDns),
            DropInvalid = Switch(OptionTable.DropInvalid),
            DualStack = Switch(OptionTable.DualStack),
            TraceLogging = Switch(OptionTable.TraceLogging),
        };
        ApplyOptions apply = new()
        {
            DryRun = Switch(OptionTable.DryRun),
            RestoreFormat = Switch(OptionTable.RestoreFormat),
            SkipRuleApply = Switch(OptionTable.SkipRuleApply),
            RunValidation = Switch(OptionTable.RunValidation),
            ProbePort = Port(OptionTable.ProbePort),
            ProbeTimeout = Duration(OptionTable.ProbeTimeout),
            NetworkNamespace = _values.Get(OptionTable.NetworkNamespace).Text,
            CniMode = Switch(OptionTable.CniMode),
            HostNsenterExec = Switch(OptionTable.HostNsenterExec),
        };
        foreach (OptionSpec spec in new[] { OptionTable.HostNsenterExec, OptionTable.CniMode })
        {
            // Called on the host for a pod: without the pod's namespace the host's own rules would be written.
            if (Switch(spec) && apply.NetworkNamespace.Length == 0)
            {
                Problem(spec.Called, "has no network namespace to enter", "add --network-namespace=PATH");
            }
        }

        return new BoundOptions(interception, apply, [.. _problems], [.. _warnings]);
    }

    private void Problem(string where, string what, string fix) => _problems.Add(new OptionProblem(where, what, fix));

    private static string[] Split(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private ushort Port(OptionSpec spec)
    {
        (string text, string where) = _values.Get(spec);
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0)
        {
            return port;
        }

        Problem(where, $"\"{text}\" is not a port", $"give a number from 1 to 65535, for example {spec.Default}");
        return 1;
    }

    private uint Number(OptionSpec spec, uint most)
    {
        (string text, string where) = _values.Get(spec);
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number > 0 && number <= most)
        {
            return number;
        }

        Problem(where, $"\"{text}\" is not a number from 1 to {most}", $"give one, for example {spec.Default}");
        return 1;
    }

    private bool Switch(OptionSpec spec)
    {
        // The spellings of Go's strconv.ParseBool, which the reference takes.
        (string text, string where) = _values.Get(spec);
        switch (text)
        {
            case "1" or "t" or "T" or "true" or "TRUE" or "True":
                return true;
            case "0" or "f" or "F" or "false" or "FALSE" or "False":
                return false;
            default:
                Problem(where, $"\"{text}\" is neither true nor false", "write true or false");
                return false;
        }
    }

    private TimeSpan Duration(OptionSpec spec)
    {
        (string text, string where) = _values.Get(spec);
        if (GoDuration.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        Problem(where, $"\"{text}\" is not a time", "give a number and a unit, for example 5s, 500ms or 1m30s");
        return TimeSpan.FromSeconds(5);
    }

    private InterceptionMode Mode()
    {
        (string text, string where) = _values.Get(OptionTable.Mode);
        switch (text)
        {
            case "" or "REDIRECT":
                return InterceptionMode.Redirect;
            case "TPROXY":
                return InterceptionMode.Tproxy;
            default:
                Problem(where, $"\"{text}\" is not an interception mode", "write REDIRECT or TPROXY (annotation sidecar.istio.io/interceptionMode)");
                return InterceptionMode.Redirect;
        }
    }

    private PortSelection PortSelection(OptionSpec spec) =>
        _values.Get(spec).Text == "*" ? Options.PortSelection.Every : new PortSelection(false, Ports(spec));

    private ImmutableArray<PortRange> Ports(OptionSpec spec)
    {
        (string text, string where) = _values.Get(spec);
        ImmutableArray<PortRange>.Builder ports = ImmutableArray.CreateBuilder<PortRange>();
        foreach (string part in Split(text))
        {
            if (PortRange.TryParse(part, out PortRange range))
            {
                ports.Add(range);
            }
            else
            {
                Problem(where, $"\"{part}\" is not a port", "give ports from 1 to 65535 with commas between them, for example 8080,9090");
            }
        }

        return ports.ToImmutable();
    }

    private ImmutableArray<string> Interfaces(OptionSpec spec)
    {
        (string text, string where) = _values.Get(spec);
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        foreach (string name in Split(text))
        {
            if (name.Length > LongestInterfaceName || name.StartsWith('-') || name.Any(c => c is ' ' or '\t' or '/' or '!' or '"' or '\'' or '\\'))
            {
                Problem(where, $"\"{name}\" is not an interface name", "give names of at most 15 characters with commas between them, for example eth1,net1");
            }
            else
            {
                names.Add(name);
            }
        }

        return names.ToImmutable();
    }

    private ImmutableArray<string> Owners(OptionSpec spec, string kind)
    {
        (string text, string where) = _values.Get(spec);
        ImmutableArray<string>.Builder owners = ImmutableArray.CreateBuilder<string>();
        foreach (string owner in Split(text))
        {
            if (IsOwner(owner))
            {
                owners.Add(owner);
            }
            else
            {
                Problem(where, $"\"{owner}\" is not a {kind}", $"give {kind} ids or names with commas between them, for example 1337");
            }
        }

        return owners.ToImmutable();
    }

    private static bool IsOwner(string text) => !text.StartsWith('-')
        && !text.Any(c => c is ' ' or '\t' or '!' or '"' or '\'' or '\\' or ':')
        && (!text.All(char.IsAsciiDigit) || uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private AddressSelection Addresses()
    {
        (string text, string where) = _values.Get(OptionTable.ServiceCidr);
        return text == "*" ? AddressSelection.Every : new AddressSelection(false, Prefixes(text, where));
    }

    private ImmutableArray<Cidr> AddressesExcluded()
    {
        (string text, string where) = _values.Get(OptionTable.ServiceExcludeCidr);
        if (text == "*")
        {
            Problem(where, "* would exclude every destination", "give prefixes, for example 10.0.0.0/8, or leave -i empty to capture nothing");
            return [];
        }

        return Prefixes(text, where);
    }

    private ImmutableArray<Cidr> Prefixes(string text, string where)
    {
        ImmutableArray<Cidr>.Builder prefixes = ImmutableArray.CreateBuilder<Cidr>();
        foreach (string part in Split(text))
        {
            if (Cidr.TryParse(part, out Cidr? cidr))
            {
                prefixes.Add(cidr);
            }
            else
            {
                _warnings.Add($"Ignoring error for bug compatibility with istio-iptables: {where}: \"{part}\" is not an address with a prefix length and is left out; write it like 10.0.0.0/8 or 10.1.2.3/32");
            }
        }

        return prefixes.ToImmutable();
    }

    private OwnerGroupSelection OwnerGroups()
    {
        (string text, string where) = _values.Get(OptionTable.OwnerGroups);
        if (text == "*")
        {
            return new OwnerGroupSelection(true, Owners(OptionTable.OwnerGroupsExclude, "group"));
        }

        ImmutableArray<string> groups = Owners(OptionTable.OwnerGroups, "group");
        if (groups.Length > OwnerGroupSelection.MostIncluded)
        {
            Problem(where, $"{groups.Length} groups are named and one rule holds at most {OwnerGroupSelection.MostIncluded}",
                "name fewer, or write * and name the others in ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE");
        }

        return new OwnerGroupSelection(false, groups);
    }
}
