using System.Security.Cryptography;
using System.Text;
using Lateen.Net.Tls;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.TransportSockets;

/// <summary>The kinds of subject alternative name that a matcher looks at.</summary>
[Flags]
internal enum SubjectNameKind
{
    Email = 1,
    Dns = 2,
    Uri = 4,
    Address = 8,
    Any = Email | Dns | Uri | Address,
}

/// <summary>One condition on the subject alternative names (SubjectAltNameMatcher).</summary>
internal sealed record SubjectNameMatcher(SubjectNameKind Kind, StringMatcher Matcher)
{
    public bool Matches(PeerCertificate leaf) =>
        (Kind.HasFlag(SubjectNameKind.Uri) && AnyOf(leaf.UriNames))
        || (Kind.HasFlag(SubjectNameKind.Dns) && (AnyOf(leaf.DnsNames) || AnyWildcard(leaf.DnsNames)))
        || (Kind.HasFlag(SubjectNameKind.Email) && AnyOf(leaf.EmailNames))
        || (Kind.HasFlag(SubjectNameKind.Address) && AnyOf(leaf.AddressNames));

    private bool AnyOf(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (Matcher.Matches(Encoding.UTF8.GetBytes(name)))
            {
                return true;
            }
        }
        return false;
    }

    // RFC 6125 6.4.3: *.example.com in the certificate stands for one whole label of an exact name.
    private bool AnyWildcard(IReadOnlyList<string> names)
    {
        if (Matcher.Kind != StringMatchKind.Exact)
        {
            return false;
        }
        string wanted = Encoding.UTF8.GetString(Matcher.Text);
        int dot = wanted.IndexOf('.', StringComparison.Ordinal);
        foreach (string name in names)
        {
            if (dot > 0 && name.StartsWith("*.", StringComparison.Ordinal)
                && wanted.AsSpan(dot).Equals(name.AsSpan(1), StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}

/// <summary>How a peer's certificate is judged (CertificateValidationContext). Immutable.</summary>
internal sealed record ValidationRules : IPeerCheck
{
    public ReadOnlyMemory<byte> TrustedRoots { get; init; }

    public ReadOnlyMemory<byte> RevocationLists { get; init; }

    public bool RevocationOfLeafOnly { get; init; }

    /// <summary>trust_chain_verification: ACCEPT_UNTRUSTED.</summary>
    public bool AcceptsUntrusted { get; init; }

    /// <summary>One of them must match; empty: any name.</summary>
    public SubjectNameMatcher[] Names { get; init; } = [];

    /// <summary>SHA-256 of the certificate, lower-case hexadecimal; one must match if there are any pins at all.</summary>
    public string[] CertificatePins { get; init; } = [];

    /// <summary>SHA-256 of the public key, base64.</summary>
    public string[] KeyPins { get; init; } = [];

    public bool HasConditions => Names.Length > 0 || CertificatePins.Length > 0 || KeyPins.Length > 0;

    /// <summary>CombinedCertificateValidationContext: what the secret says is added to the default.</summary>
    public static ValidationRules? Combine(ValidationRules? first, ValidationRules? second)
    {
        if (first is null || second is null)
        {
            return first ?? second;
        }
        return new ValidationRules
        {
            TrustedRoots = second.TrustedRoots.IsEmpty ? first.TrustedRoots : second.TrustedRoots,
            RevocationLists = second.RevocationLists.IsEmpty ? first.RevocationLists : second.RevocationLists,
            RevocationOfLeafOnly = first.RevocationOfLeafOnly || second.RevocationOfLeafOnly,
            AcceptsUntrusted = first.AcceptsUntrusted || second.AcceptsUntrusted,
            Names = [.. first.Names, .. second.Names],
            CertificatePins = [.. first.CertificatePins, .. second.CertificatePins],
            KeyPins = [.. first.KeyPins, .. second.KeyPins],
        };
    }

    public bool Accepts(PeerCertificate leaf) => HasName(leaf) && HasPin(leaf);

    private bool HasName(PeerCertificate leaf)
    {
        foreach (SubjectNameMatcher matcher in Names)
        {
            if (matcher.Matches(leaf))
            {
                return true;
            }
        }
        return Names.Length == 0;
    }

    private bool HasPin(PeerCertificate leaf) =>
        (CertificatePins.Length == 0 && KeyPins.Length == 0)
        || Array.IndexOf(CertificatePins, leaf.Fingerprint) >= 0
        || Array.IndexOf(KeyPins, Convert.ToBase64String(SHA256.HashData(leaf.PublicKey.Span))) >= 0;
}
