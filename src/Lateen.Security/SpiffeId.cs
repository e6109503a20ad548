using System.Diagnostics.CodeAnalysis;

namespace Lateen.Security;

/// <summary>A workload's identity as Istio names it: `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT`.</summary>
/// <remarks>SPIFFE ID, section 2: scheme spiffe, a trust domain in lower case, a path; no query, fragment, port or user part.</remarks>
public sealed record SpiffeId(string TrustDomain, string Namespace, string ServiceAccount)
{
    private const string Scheme = "spiffe://";

    /// <summary>SPIFFE ID, section 2.3: at most 2048 bytes.</summary>
    private const int MaxLength = 2048;

    /// <summary>The URI. An at sign in the trust domain, as of a cloud's service account, becomes a dot: a SPIFFE ID has no user part.</summary>
    public override string ToString() => $"{Scheme}{TrustDomain.Replace('@', '.')}/ns/{Namespace}/sa/{ServiceAccount}";

    /// <summary>The identities and, of those that are SPIFFE ids of workloads, their like in other trust domains; with repetitions.</summary>
    /// <remarks>Istio, MeshConfig.trustDomainAliases: a workload of an alias is the same workload.</remarks>
    public static IEnumerable<string> InTrustDomains(IEnumerable<string> identities, IEnumerable<string> domains) =>
        identities.SelectMany(identity => TryParse(identity, out var id)
            ? domains.Select(domain => (id with { TrustDomain = domain }).ToString()).Prepend(identity)
            : [identity]);

    /// <summary>Reads the form above; anything else, also a SPIFFE ID with another path, is refused.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SpiffeId? id)
    {
        id = null;
        if (text is null || text.Length > MaxLength || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = text[Scheme.Length..].Split('/');
        if (parts is not [var domain, "ns", var ns, "sa", var account] || !IsTrustDomain(domain) || !IsSegment(ns) || !IsSegment(account))
        {
            return false;
        }

        id = new SpiffeId(domain, ns, account);
        return true;
    }

    private static bool IsTrustDomain(string text) =>
        text.Length is > 0 and <= 255 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    private static bool IsSegment(string text) =>
        text.Length > 0 && text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
