using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lateen.Security;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Security;

public class CertificateAuthorityTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CertificateAuthority NewAuthority() =>
        CertificateAuthority.CreateSelfSigned("cluster.local", Now, TimeSpan.FromDays(3650));

    [Fact]
    public void ServingCertificate_ChainsToTheRootAndCarriesItsNames()
    {
        using var authority = NewAuthority();
        var issued = authority.IssueServing(["istiod.istio-system.svc", "istiod.istio-system"], Now, TimeSpan.FromDays(1));
        using var leaf = issued.ToCertificate();
        leaf.HasPrivateKey.ShouldBeTrue();
        leaf.MatchesHostname("istiod.istio-system.svc").ShouldBeTrue();
        Verifies(leaf, authority.RootPem).ShouldBeTrue();
        issued.ToString().ShouldNotContain("PRIVATE");
    }

    [Fact]
    public void StoredAuthority_GoesOnSigningWithTheSameRoot()
    {
        using var first = NewAuthority();
        using var second = CertificateAuthority.Load(first.RootPem, first.ExportKeyPem());
        second.RootPem.ShouldBe(first.RootPem);
        using var leaf = second.IssueServing(["a.example"], Now, TimeSpan.FromDays(1)).ToCertificate();
        Verifies(leaf, first.RootPem).ShouldBeTrue();
    }

    [Fact]
    public void WorkloadRequest_GetsTheCallersIdentityAlone()
    {
        using var authority = NewAuthority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://cluster.local/ns/kube-system/sa/admin"));
        request.CertificateExtensions.Add(names.Build());

        var identity = new SpiffeId("cluster.local", "canary", "default");
        using var leaf = X509Certificate2.CreateFromPem(
            authority.SignWorkload(request.CreateSigningRequestPem(), identity, Now, TimeSpan.FromDays(1)));
        leaf.Subject.ShouldBeEmpty();
        var text = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().Format(false);
        text.ShouldContain("spiffe://cluster.local/ns/canary/sa/default");
        text.ShouldNotContain("admin");
        Verifies(leaf, authority.RootPem).ShouldBeTrue();
    }

    [Fact]
    public void Leaf_NeverOutlivesTheRoot()
    {
        using var authority = CertificateAuthority.CreateSelfSigned("cluster.local", Now, TimeSpan.FromHours(1));
        using var leaf = authority.IssueServing(["a.example"], Now, TimeSpan.FromDays(1)).ToCertificate();
        ((DateTimeOffset)leaf.NotAfter).ShouldBeLessThanOrEqualTo(authority.NotAfter);
    }

    [Fact]
    public void Garbage_IsRefusedAsCryptographicException()
    {
        using var authority = NewAuthority();
        Should.Throw<CryptographicException>(() => CertificateAuthority.Load("x", "y"));
        Should.Throw<CryptographicException>(() =>
            authority.SignWorkload("x", new SpiffeId("cluster.local", "a", "b"), Now, TimeSpan.FromDays(1)));
        var leaf = authority.IssueServing(["a.example"], Now, TimeSpan.FromDays(1));
        Should.Throw<CryptographicException>(() => CertificateAuthority.Load(leaf.CertificatePem, leaf.KeyPem));
    }

    [Theory]
    [InlineData("spiffe://cluster.local/ns/canary/sa/default", true)]
    [InlineData("spiffe://cluster.local/ns/canary", false)]
    [InlineData("spiffe://Cluster/ns/a/sa/b", false)]
    [InlineData("https://cluster.local/ns/a/sa/b", false)]
    [InlineData("spiffe://td/ns/../sa/b", false)]
    [InlineData("spiffe://td/ns/a/sa/b?x", false)]
    [InlineData(null, false)]
    public void SpiffeId_Parses(string? text, bool valid)
    {
        SpiffeId.TryParse(text, out var id).ShouldBe(valid);
        if (valid)
        {
            id!.ToString().ShouldBe(text);
        }
    }

    private static bool Verifies(X509Certificate2 leaf, string rootPem)
    {
        using var root = X509Certificate2.CreateFromPem(rootPem);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Now.UtcDateTime.AddMinutes(1);
        return chain.Build(leaf);
    }
}
