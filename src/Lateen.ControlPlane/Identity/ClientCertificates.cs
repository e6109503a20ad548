using System.Security.Cryptography.X509Certificates;
using Lateen.Security;

namespace Lateen.ControlPlane.Identity;

/// <summary>Whether a certificate that a client shows was issued by the mesh and is valid now.</summary>
internal sealed class ClientCertificates(CertificateAuthority authority, TimeProvider time)
{
    private readonly X509Certificate2 _root = X509Certificate2.CreateFromPem(authority.RootPem);

    public bool Accepts(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        return chain.Build(certificate);
    }
}
