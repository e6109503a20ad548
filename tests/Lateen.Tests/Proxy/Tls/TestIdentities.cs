using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Lateen.Security;

namespace Lateen.Tests.Proxy.Tls;

/// <summary>An authority of the test's own, with keys and certificates for servers and workloads.</summary>
internal sealed class TestIdentities : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public CertificateAuthority Authority { get; } = CertificateAuthority.CreateSelfSigned("test", DateTimeOffset.UtcNow, Day);

    public (string Chain, string Key) Server(params string[] names)
    {
        CertifiedKey issued = Authority.IssueServing(names, DateTimeOffset.UtcNow, Day);
        return (issued.CertificatePem, issued.KeyPem);
    }

    public (string Chain, string Key) Workload(string account)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("O=test", key, HashAlgorithmName.SHA256);
        SpiffeId identity = new("cluster.local", "default", account);
        string chain = Authority.SignWorkload(request.CreateSigningRequestPem(), identity, DateTimeOffset.UtcNow, Day);
        return (chain, key.ExportPkcs8PrivateKeyPem());
    }

    public static Secret KeySecret(string name, (string Chain, string Key) pair) => new()
    {
        Name = name,
        TlsCertificate = Certificate(pair),
    };

    public static TlsCertificate Certificate((string Chain, string Key) pair) => new()
    {
        CertificateChain = new() { InlineBytes = ByteString.CopyFromUtf8(pair.Chain) },
        PrivateKey = new() { InlineBytes = ByteString.CopyFromUtf8(pair.Key) },
    };

    public Secret RootSecret(string name) => new()
    {
        Name = name,
        ValidationContext = new() { TrustedCa = new() { InlineBytes = ByteString.CopyFromUtf8(Authority.RootPem) } },
    };

    public X509Certificate2 Root() => X509Certificate2.CreateFromPem(Authority.RootPem);

    /// <summary>A key pair as SslStream takes it.</summary>
    public static X509Certificate2 ForSslStream((string Chain, string Key) pair)
    {
        using X509Certificate2 pem = X509Certificate2.CreateFromPem(pair.Chain, pair.Key);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose() => Authority.Dispose();
}
