using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Lateen.Interception.Netlink;
using Lateen.Interception.Options;

namespace Lateen.Interception.Apply;

/// <summary>Reads what the rules depend on from this machine: addresses, resolv.conf, passwd and group.</summary>
public static class SystemFacts
{
    private const string ResolvConf = "/etc/resolv.conf";

    /// <summary>The facts that the options ask for; files that are not needed are not read.</summary>
    /// <exception cref="IOException">resolv.conf is needed and can not be read.</exception>
    public static HostFacts Read(InterceptionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<IPAddress> addresses = KernelAddresses.Usable();
        (ImmutableArray<string> v4, ImmutableArray<string> v6) = options is { RedirectDns: true, CaptureAllDns: false }
            ? Nameservers(File.ReadAllLines(ResolvConf))
            : ([], []);
        bool named = options.ProxyUids.Concat(options.ProxyGids).Concat(options.OwnerGroups.Groups).Any(o => !o.All(char.IsAsciiDigit));
        return new HostFacts
        {
            HasIpv4 = addresses.Any(a => a.AddressFamily == AddressFamily.InterNetwork),
            HasIpv6 = addresses.Any(a => a.AddressFamily == AddressFamily.InterNetworkV6),
            DnsServersV4 = v4,
            DnsServersV6 = v6,
            Users = named ? Ids("/etc/passwd") : FrozenDictionary<string, uint>.Empty,
            Groups = named ? Ids("/etc/group") : FrozenDictionary<string, uint>.Empty,
        };
    }

    /// <summary>The nameserver lines of a resolv.conf, by IP version.</summary>
    public static (ImmutableArray<string> V4, ImmutableArray<string> V6) Nameservers(IEnumerable<string> lines)
    {
        ILookup<AddressFamily, string> servers = lines
            .Select(l => l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", _, ..])
            .Select(words => words[1])
            .Where(s => IPAddress.TryParse(s, out _))
            .ToLookup(s => IPAddress.Parse(s).AddressFamily);

        // A scope (fe80::1%eth0) is nothing that a rule could match.
        return ([.. servers[AddressFamily.InterNetwork]], [.. servers[AddressFamily.InterNetworkV6].Where(s => !s.Contains('%', StringComparison.Ordinal))]);
    }

    /// <summary>The id of a user; null where there is none of that name.</summary>
    public static string? UserId(string name) =>
        Ids("/etc/passwd").TryGetValue(name, out uint id) ? id.ToString(CultureInfo.InvariantCulture) : null;

    private static FrozenDictionary<string, uint> Ids(string path)
    {
        if (!File.Exists(path))
        {
            return FrozenDictionary<string, uint>.Empty;
        }

        Dictionary<string, uint> ids = [];
        foreach (string[] fields in File.ReadLines(path).Select(l => l.Split(':')))
        {
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
            {
                ids.TryAdd(fields[0], id);
            }
        }

        return ids.ToFrozenDictionary();
    }
}
