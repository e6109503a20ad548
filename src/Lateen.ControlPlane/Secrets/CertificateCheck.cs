using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lateen.Translation.Secrets;

namespace Lateen.ControlPlane.Secrets;

/// <summary>Whether a Secret holds a certificate and its key; a Gateway says in its status when it does not.</summary>
internal static class CertificateCheck
{
    /// <summary>Why a Secret can not be a server's certificate, in Istio's words where it has some; null when it can.</summary>
    public static string? ProblemOf(CredentialSecret secret)
    {
        if (Find(secret, "cert", "tls.crt") is not { } certificate || Find(secret, "key", "tls.key") is not { } key)
        {
            return $"found secret, but didn't have expected keys (cert and key) or (tls.crt and tls.key); found: {string.Join(", ", secret.Data.Keys.Order(StringComparer.Ordinal))}";
        }

        var problem = !PemEncoding.TryFind(certificate, out _) ? "failed to find any PEM data in certificate input"
            : !PemEncoding.TryFind(key, out _) ? "failed to find any PEM data in key input"
            : Mismatch(certificate, key);
        return problem is null ? null : $"the certificate is malformed: tls: {problem}";
    }

    private static string? Mismatch(string certificate, string key)
    {
        try
        {
            X509Certificate2.CreateFromPem(certificate, key).Dispose();
            return null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return exception.Message;
        }
    }

    private static string? Find(CredentialSecret secret, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (secret.Data.TryGetValue(key, out var value) && value.Length > 0)
            {
                return Encoding.ASCII.GetString(value);
            }
        }

        return null;
    }
}
