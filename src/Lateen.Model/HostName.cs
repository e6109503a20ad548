namespace Lateen.Model;

/// <summary>Comparison of host names, where `*` or a leading `*.` stands for anything.</summary>
public static class HostName
{
    public static bool IsWildcard(string host) => host.StartsWith('*');

    /// <summary>Whether there is a name that both stand for.</summary>
    public static bool Matches(string a, string b)
    {
        var aWild = IsWildcard(a);
        var bWild = IsWildcard(b);
        if (!aWild && !bWild)
        {
            return a == b;
        }

        if (aWild && bWild)
        {
            // The shorter suffix stands for more names.
            var (shorter, longer) = a.Length < b.Length ? (a, b) : (b, a);
            return longer.AsSpan(1).EndsWith(shorter.AsSpan(1), StringComparison.Ordinal);
        }

        return aWild
            ? b.AsSpan().EndsWith(a.AsSpan(1), StringComparison.Ordinal)
            : a.AsSpan().EndsWith(b.AsSpan(1), StringComparison.Ordinal);
    }

    /// <summary>Whether each name that <paramref name="host"/> stands for is one that <paramref name="other"/> stands for.</summary>
    public static bool IsSubsetOf(string host, string other)
    {
        var hostWild = IsWildcard(host);
        var otherWild = IsWildcard(other);
        if (!hostWild && !otherWild)
        {
            return host == other;
        }

        if (!otherWild)
        {
            return false;
        }

        if (hostWild && host.Length < other.Length)
        {
            return false;
        }

        return (hostWild ? host.AsSpan(1) : host.AsSpan()).EndsWith(other.AsSpan(1), StringComparison.Ordinal);
    }

    /// <summary>Orders the more specific first: names before wildcards, of each the longer first, then by text.</summary>
    public static int CompareSpecificity(string a, string b)
    {
        var aWild = IsWildcard(a);
        var bWild = IsWildcard(b);
        if (aWild != bWild)
        {
            return aWild ? 1 : -1;
        }

        return a.Length != b.Length ? b.Length.CompareTo(a.Length) : string.CompareOrdinal(a, b);
    }

    /// <summary>The most specific of the candidates that <paramref name="host"/> is a subset of; null when there is none.</summary>
    public static string? MostSpecific(string host, IEnumerable<string> candidates)
    {
        string? best = null;
        foreach (var candidate in candidates)
        {
            if (IsSubsetOf(host, candidate) && (best is null || CompareSpecificity(candidate, best) < 0))
            {
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>
    /// The full name of a host that a resource names: a name without a dot is a service of the resource's namespace, <c>NAME.NAMESPACE.svc</c>
    /// one of the cluster (beyond Istio, which takes it for a full name: no public name ends in .svc).
    /// </summary>
    /// <param name="domain">The suffix of service names; empty where names end with the namespace.</param>
    public static string Resolve(string host, string @namespace, string domain = "cluster.local")
    {
        if (host.Length == 0 || IsWildcard(host))
        {
            return host;
        }

        if (host.Contains('.', StringComparison.Ordinal) || System.Net.IPAddress.TryParse(host, out _))
        {
            return domain.Length > 0 && LacksDomain(host) ? $"{host}.{domain}" : host;
        }

        var local = @namespace.Length == 0 ? host : $"{host}.{@namespace}";
        return domain.Length == 0 ? local : $"{local}.svc.{domain}";
    }

    // NAME.NAMESPACE.svc: three labels, the last of them "svc".
    private static bool LacksDomain(string host) =>
        host.EndsWith(".svc", StringComparison.Ordinal) && host.AsSpan().Count('.') == 2 && host[0] != '.' && !host.Contains("..", StringComparison.Ordinal);
}
