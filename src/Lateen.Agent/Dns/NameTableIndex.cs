using System.Collections.Frozen;
using System.Net;
using Istio.Networking.Nds.V1;
using Lateen.Net.Dns;

namespace Lateen.Agent.Dns;

/// <summary>The hosts of the mesh by every name under which the application may ask for them. Immutable.</summary>
/// <remarks>
/// Istio, "DNS Proxying": a service of Kubernetes in the proxy's own domain is also known by its shorter names; names are found as the
/// resolver writes them, with the first search domain behind them, as well. An entry without addresses is left to the upstream servers.
/// </remarks>
internal sealed class NameTableIndex
{
    private const uint TimeToLive = 30;
    private const string KubernetesRegistry = "Kubernetes";

    private readonly FrozenDictionary<string, IPAddress[]> _hosts;
    private readonly string _search;

    /// <param name="table">As the control plane tells it.</param>
    /// <param name="ownNamespace">The proxy's namespace.</param>
    /// <param name="ownDomain">The proxy's DNS domain, <c>ns.svc.cluster.local</c>.</param>
    /// <param name="search">The first search domain of resolv.conf, empty without one.</param>
    public NameTableIndex(NameTable table, string ownNamespace, string ownDomain, string search)
    {
        _search = search.Length > 0 ? "." + search.Trim('.').ToLowerInvariant() + "." : "";
        string suffix = ownDomain.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? ownDomain[dot..] : ownDomain;
        Dictionary<string, IPAddress[]> hosts = [];
        foreach ((string host, NameTable.Types.NameInfo info) in table.Table)
        {
            IPAddress[] addresses = [.. info.Ips.Select(i => IPAddress.TryParse(i, out IPAddress? a) ? a : null).OfType<IPAddress>()];
            if (addresses.Length == 0)
            {
                continue;
            }
            foreach (string name in Names(host, info, ownNamespace, suffix))
            {
                hosts.TryAdd(Absolute(name), addresses);
            }
        }
        _hosts = hosts.ToFrozenDictionary();
    }

    public IEnumerable<KeyValuePair<string, IPAddress[]>> Hosts => _hosts;

    /// <summary>The records of a name; null when the mesh does not know it; empty when it has no address of that kind.</summary>
    public IReadOnlyList<DnsRecord>? Find(string name, ushort type, Random random)
    {
        string asked = name.ToLowerInvariant();
        string? inner = _search.Length > 0 && asked.Length > _search.Length && asked.EndsWith(_search, StringComparison.Ordinal)
            ? asked[..^(_search.Length - 1)] : null;
        if (_hosts.TryGetValue(asked, out IPAddress[]? addresses))
        {
            return Records(asked, addresses, type, random);
        }
        if (inner is not null && _hosts.TryGetValue(inner, out addresses))
        {
            return Alias(asked, inner, Records(inner, addresses, type, random));
        }
        if (Wildcard(asked) is { } any)
        {
            return Records(asked, any, type, random);
        }
        return inner is not null && Wildcard(inner) is { } within ? Alias(asked, inner, Records(inner, within, type, random)) : null;
    }

    private static IEnumerable<string> Names(string host, NameTable.Types.NameInfo info, string ownNamespace, string suffix)
    {
        yield return host;
        if (info.Registry != KubernetesRegistry || !host.EndsWith(suffix, StringComparison.Ordinal) || info.Shortname.Length == 0)
        {
            yield break;
        }
        yield return $"{info.Shortname}.{info.Namespace}";
        yield return $"{info.Shortname}.{info.Namespace}.svc";
        if (info.Namespace == ownNamespace)
        {
            yield return info.Shortname;
        }
        foreach (string other in info.AltHosts)
        {
            yield return other;
        }
    }

    private static string Absolute(string name) => name.ToLowerInvariant().TrimEnd('.') + ".";

    private static List<DnsRecord> Alias(string asked, string target, List<DnsRecord> records)
    {
        if (records.Count > 0)
        {
            records.Insert(0, new DnsRecord(asked, TimeToLive, null, target));
        }
        return records;
    }

    private static List<DnsRecord> Records(string name, IPAddress[] addresses, ushort type, Random random)
    {
        bool four = type == DnsQuestion.A;
        IPAddress[] wanted = [.. addresses.Where(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork == four)];
        // In another order each time: clients that take the first spread themselves over all.
        random.Shuffle(wanted);
        return [.. wanted.Select(a => new DnsRecord(name, TimeToLive, a, null))];
    }

    private IPAddress[]? Wildcard(string name)
    {
        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0 && dot < name.Length - 1; dot = name.IndexOf('.', dot + 1))
        {
            if (_hosts.TryGetValue("*" + name[dot..], out IPAddress[]? addresses))
            {
                return addresses;
            }
        }
        return null;
    }
}
