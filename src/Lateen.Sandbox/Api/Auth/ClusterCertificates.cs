using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lateen.Sandbox.Api.Auth;

/// <summary>The sandbox's own certificate authority and the endpoint's serving certificate, kept in the state folder.</summary>
internal sealed class ClusterCertificates
{
    private ClusterCertificates(X509Certificate2 authority, X509Certificate2 serving)
    {
        AuthorityPem = authority.ExportCertificatePem() + "\n";
        Serving = serving;
    }

    public string AuthorityPem { get; }

    public X509Certificate2 Serving { get; }

    /// <summary>Loads the authority or makes one, and issues a serving certificate for these names and addresses.</summary>
    public static ClusterCertificates LoadOrCreate(string folder, IEnumerable<string> names, IEnumerable<IPAddress> addresses, DateTimeOffset now)
    {
        var (certificatePath, keyPath) = (Path.Combine(folder, "ca.crt"), Path.Combine(folder, "ca.key"));
        X509Certificate2 authority;
        if (File.Exists(certificatePath) && File.Exists(keyPath))
        {
            authority = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        }
        else
        {
            authority = CreateAuthority(now);
            using var key = authority.GetECDsaPrivateKey()!;
            PrivateFile.Write(keyPath, key.ExportPkcs8PrivateKeyPem());
            PrivateFile.Write(certificatePath, authority.ExportCertificatePem());
        }

        using (authority)
        {
            return new ClusterCertificates(authority, Issue(authority, names, addresses, now));
        }
    }

    private static X509Certificate2 CreateAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=lateen-sandbox-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddHours(-1), now.AddYears(10));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, IEnumerable<string> names, IEnumerable<IPAddress> addresses, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var subjects = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            subjects.AddDnsName(name);
        }

        foreach (var address in addresses)
        {
            subjects.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(subjects.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var ends = now.AddYears(5) < authority.NotAfter ? now.AddYears(5) : (DateTimeOffset)authority.NotAfter;
        using var bare = request.Create(authority, now.AddHours(-1), ends, RandomNumberGenerator.GetBytes(16));
        return bare.CopyWithPrivateKey(key);
    }
}
