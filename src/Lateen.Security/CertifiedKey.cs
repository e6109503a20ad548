using System.Security.Cryptography.X509Certificates;

namespace Lateen.Security;

/// <summary>A certificate with its private key and the root that vouches for it, all PEM.</summary>
public sealed record CertifiedKey(string CertificatePem, string KeyPem, string RootPem)
{
    /// <summary>The certificate with its key, ready for a TLS server. The caller disposes it.</summary>
    public X509Certificate2 ToCertificate()
    {
        using var pem = X509Certificate2.CreateFromPem(CertificatePem, KeyPem);

        // SslStream wants a key that is not ephemeral on some platforms; a PKCS#12 round trip gives one everywhere.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Never shows the key.</summary>
    public override string ToString() => "CertifiedKey";
}
