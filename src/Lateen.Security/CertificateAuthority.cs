using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lateen.Security;

/// <summary>The mesh's own certificate authority: a self-signed root and its key, which sign serving and workload certificates.</summary>
/// <remarks>
/// Holds no clock: every call is told the instant. Serial numbers are 128 random bits (RFC 5280 4.1.2.2: unique, positive,
/// at most 20 bytes). Leaves are back-dated by <see cref="ClockSkew"/>, so that a peer whose clock is behind accepts them.
/// </remarks>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How far before the instant of issue a certificate becomes valid.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    private readonly X509Certificate2 _root;

    private CertificateAuthority(X509Certificate2 root)
    {
        _root = root;
        RootPem = root.ExportCertificatePem() + "\n";
    }

    /// <summary>The root certificate, PEM: what every peer trusts.</summary>
    public string RootPem { get; }

    public DateTimeOffset NotAfter => _root.NotAfter;

    /// <summary>Makes a new self-signed root with an ECDSA P-256 key.</summary>
    /// <param name="organization">Istio puts the trust domain here.</param>
    public static CertificateAuthority CreateSelfSigned(string organization, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(organization);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new CertificateAuthority(request.CreateSelfSigned(now - ClockSkew, now + lifetime));
    }

    /// <summary>Takes up a stored root.</summary>
    /// <exception cref="CryptographicException">The PEM is unreadable, key and certificate do not belong together, or it may not sign certificates.</exception>
    public static CertificateAuthority Load(string certificatePem, string keyPem)
    {
        X509Certificate2 root;
        try
        {
            root = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (ArgumentException exception)
        {
            throw new CryptographicException("the CA's certificate and key are not a PEM pair", exception);
        }

        if (!root.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
        {
            root.Dispose();
            throw new CryptographicException("the certificate is no CA (basic constraints)");
        }

        return new CertificateAuthority(root);
    }

    /// <summary>The private key of the root, PKCS#8 PEM; for the Secret that keeps it, nowhere else.</summary>
    public string ExportKeyPem()
    {
        using var key = (AsymmetricAlgorithm?)_root.GetECDsaPrivateKey() ?? _root.GetRSAPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <summary>Issues a certificate for a server, with a new ECDSA P-256 key.</summary>
    /// <param name="dnsNames">At least one; the first is what logs show.</param>
    public CertifiedKey IssueServing(IReadOnlyList<string> dnsNames, DateTimeOffset now, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfZero(dnsNames.Count);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames)
        {
            names.AddDnsName(name);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(""), key, HashAlgorithmName.SHA256);
        return new CertifiedKey(Sign(request, names, now, lifetime, Purposes.Server), key.ExportPkcs8PrivateKeyPem() + "\n", RootPem);
    }

    /// <summary>
    /// Signs a workload's request: the key is the request's, the name is the given identity alone. Subject and
    /// alternative names that the request asks for are ignored, as Istio's CA does.
    /// </summary>
    /// <returns>The leaf, PEM.</returns>
    /// <exception cref="CryptographicException">The request is unreadable, its signature is wrong or its key is too weak.</exception>
    public string SignWorkload(string requestPem, SpiffeId identity, DateTimeOffset now, TimeSpan lifetime)
    {
        CertificateRequest asked;
        try
        {
            asked = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256);
        }
        catch (ArgumentException exception)
        {
            throw new CryptographicException("the certificate signing request is not PEM", exception);
        }

        if (asked.PublicKey.GetRSAPublicKey() is { } rsa)
        {
            using (rsa)
            {
                if (rsa.KeySize < 2048)
                {
                    throw new CryptographicException($"an RSA key of {rsa.KeySize} bits is too weak; use 2048 or more, or ECDSA P-256");
                }
            }
        }

        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(identity.ToString()));
        var request = new CertificateRequest(new X500DistinguishedName(""), asked.PublicKey, HashAlgorithmName.SHA256);
        return Sign(request, names, now, lifetime, Purposes.Server | Purposes.Client);
    }

    public void Dispose() => _root.Dispose();

    private string Sign(CertificateRequest request, SubjectAlternativeNameBuilder names, DateTimeOffset now, TimeSpan lifetime, Purposes purposes)
    {
        // RFC 5280 4.2.1.6: with an empty subject the alternative names are critical.
        var alternatives = names.Build(critical: true);
        request.CertificateExtensions.Add(alternatives);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        var usages = new OidCollection { new Oid("1.3.6.1.5.5.7.3.1") };
        if (purposes.HasFlag(Purposes.Client))
        {
            usages.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        var notAfter = now + lifetime < NotAfter ? now + lifetime : NotAfter;
        using var signer = Signer();
        using var leaf = request.Create(_root.SubjectName, signer.Generator, now - ClockSkew, notAfter, Serial());
        return leaf.ExportCertificatePem() + "\n";
    }

    private SigningKey Signer() =>
        _root.GetECDsaPrivateKey() is { } ecdsa
            ? new SigningKey(ecdsa, X509SignatureGenerator.CreateForECDsa(ecdsa))
            : _root.GetRSAPrivateKey() is { } rsa
                ? new SigningKey(rsa, X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1))
                : throw new CryptographicException("the CA's key is neither ECDSA nor RSA");

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    [Flags]
    private enum Purposes
    {
        Server = 1,
        Client = 2,
    }

    private sealed record SigningKey(AsymmetricAlgorithm Key, X509SignatureGenerator Generator) : IDisposable
    {
        public void Dispose() => Key.Dispose();
    }
}
