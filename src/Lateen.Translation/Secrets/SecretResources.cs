using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;

namespace Lateen.Translation.Secrets;

/// <summary>Secrets of Kubernetes as SDS resources.</summary>
/// <remarks>
/// Istio, "Secure Gateways": keys `cert`, `key`, `cacert`, `crl`, else those of a TLS secret. A CA comes from the secret that is
/// named for it, else from the one with the server's certificate.
/// </remarks>
public static class SecretResources
{
    /// <summary>The resource of a name.</summary>
    /// <param name="find">The secret of a namespace and name; null when there is none.</param>
    /// <returns>The secret, or why there is none.</returns>
    public static (Secret? Secret, string Reason) Build(SecretName name, Func<string, string, CredentialSecret?> find)
    {
        if (!name.IsCa)
        {
            return find(name.Namespace, name.Name) is { } stored
                ? Certificate(name, stored)
                : (null, $"there is no Secret {name.Namespace}/{name.Name}");
        }

        var ca = find(name.Namespace, name.Name) ?? find(name.Namespace, name.BaseName);
        return ca is null
            ? (null, $"there is neither a Secret {name.Namespace}/{name.Name} nor {name.Namespace}/{name.BaseName}")
            : Authority(name, ca);
    }

    private static (Secret? Secret, string Reason) Certificate(SecretName name, CredentialSecret stored)
    {
        foreach (var (certificateKey, privateKey, staple) in (ReadOnlySpan<(string, string, string)>)[("cert", "key", ""), ("tls.crt", "tls.key", "tls.ocsp-staple")])
        {
            if (Find(stored, certificateKey) is not { } certificate || Find(stored, privateKey) is not { } key)
            {
                continue;
            }

            var tls = new TlsCertificate { CertificateChain = Inline(certificate), PrivateKey = Inline(key) };
            if (staple.Length > 0 && Find(stored, staple) is { } stapled)
            {
                tls.OcspStaple = Inline(stapled);
            }

            return (new Secret { Name = name.Resource, TlsCertificate = tls }, "");
        }

        return (null, $"{stored} has neither the keys cert and key nor tls.crt and tls.key, each with content");
    }

    private static (Secret? Secret, string Reason) Authority(SecretName name, CredentialSecret stored)
    {
        foreach (var (caKey, crlKey) in (ReadOnlySpan<(string, string)>)[("cacert", "crl"), ("ca.crt", "ca.crl")])
        {
            if (Find(stored, caKey) is not { } ca)
            {
                continue;
            }

            var validation = new CertificateValidationContext { TrustedCa = Inline(ca) };
            if (Find(stored, crlKey) is { } revoked)
            {
                validation.Crl = Inline(revoked);
            }

            return (new Secret { Name = name.Resource, ValidationContext = validation }, "");
        }

        return (null, $"{stored} has neither the key cacert nor ca.crt with content");
    }

    private static byte[]? Find(CredentialSecret secret, string key) =>
        secret.Data.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    private static DataSource Inline(byte[] content) => new() { InlineBytes = ByteString.CopyFrom(content) };
}
