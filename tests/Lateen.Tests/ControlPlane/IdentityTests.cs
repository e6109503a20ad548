using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Istio.V1.Auth;
using Lateen.Api;
using Lateen.ControlPlane.Http;
using Lateen.ControlPlane.Identity;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Xds;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane;

public class IdentityTests
{
    private const string NodeId = "sidecar~10.244.0.9~toolbox.default~default.svc.cluster.local";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateCertificate_WithAServiceAccountsToken_NamesItsIdentityWhateverTheRequestAsksFor()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        var root = await bed.RootAsync(Cancellation);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var chain = await CreateAsync(bed, root, Request(key, "somebody-else"), await bed.TokenAsync("default", "toolbox", "istio-ca", Cancellation));

        chain.Count.ShouldBe(2);
        chain[1].ShouldBe(root);
        using var leaf = X509Certificate2.CreateFromPem(chain[0]);
        CallerAuthenticator.IdentityOf(leaf)!.ToString().ShouldBe("spiffe://cluster.local/ns/default/sa/toolbox");
        (leaf.NotAfter.ToUniversalTime() - DateTime.UtcNow).TotalHours.ShouldBe(24, tolerance: 0.2);

        // The certificate is proof enough from now on: no token goes with the next call.
        using var own = leaf.CopyWithPrivateKey(key);
        using var usable = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
        (await CreateAsync(bed, root, Request(key, "x"), token: null, usable)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(null, "Basic x")]
    [InlineData("token", "Basic x", "Bearer token", "Bearer other")]
    public void BearerToken_OfSeveralValues_IsTheFirst(string? expected, params string[] values) =>
        CallerAuthenticator.BearerToken(values).ShouldBe(expected);

    [Theory]
    [InlineData("https://kubernetes.default.svc", "the token is not valid")]
    [InlineData(null, "neither a workload certificate nor a token was shown")]
    public async Task CreateCertificate_WithoutProof_IsUnauthenticated(string? audience, string reason)
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = audience is null ? null : await bed.TokenAsync("default", "toolbox", audience, Cancellation);
        var refused = await Should.ThrowAsync<GrpcException>(
            async () => await CreateAsync(bed, await bed.RootAsync(Cancellation), Request(key, "x"), token));
        refused.Code.ShouldBe(GrpcStatusCode.Unauthenticated);
        refused.Detail.ShouldContain(reason);
    }

    [Fact]
    public async Task CreateCertificate_WithARequestThatIsNone_IsInvalid()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        var token = await bed.TokenAsync("default", "toolbox", "istio-ca", Cancellation);
        var refused = await Should.ThrowAsync<GrpcException>(
            async () => await CreateAsync(bed, await bed.RootAsync(Cancellation), "no request", token));
        refused.Code.ShouldBe(GrpcStatusCode.InvalidArgument);
        refused.Detail.ShouldStartWith("CSR signing error (");
    }

    [Fact]
    public async Task Stream_OfAnotherNamespaceThanTheTokens_IsDenied()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(
            bed.AddressOf(ServerPort.SecureXds), NodeId, await bed.RootAsync(Cancellation), await bed.TokenAsync("istio-system", "gateway", "istio-ca", Cancellation));
        var refused = await Should.ThrowAsync<GrpcException>(() => proxy.AskAsync(TypeUrls.Cluster, [], Cancellation));
        refused.Code.ShouldBe(GrpcStatusCode.PermissionDenied);
        refused.Detail.ShouldStartWith("authorization failed: spiffe://cluster.local/ns/istio-system/sa/gateway may not be toolbox.default");
    }

    [Fact]
    public async Task SecureStream_WithoutAToken_IsUnauthenticated()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        using var proxy = new TestProxy(bed.AddressOf(ServerPort.SecureXds), NodeId, await bed.RootAsync(Cancellation));
        (await Should.ThrowAsync<GrpcException>(() => proxy.AskAsync(TypeUrls.Cluster, [], Cancellation))).Code.ShouldBe(GrpcStatusCode.Unauthenticated);
    }

    private static string Request(ECDsa key, string name) =>
        new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    private static async Task<IReadOnlyList<string>> CreateAsync(
        ControlPlaneBed bed, string root, string request, string? token, X509Certificate2? certificate = null)
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions
        {
            Address = new Uri($"https://localhost:{bed.AddressOf(ServerPort.SecureXds).Port}"),
            TrustedRoots = () => [X509Certificate2.CreateFromPem(root)],
            ClientCertificate = () => certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
        });
        var answer = await channel.UnaryAsync(
            CertificateMethods.Create,
            new IstioCertificateRequest { Csr = request, ValidityDuration = 86400 },
            new GrpcCallOptions(Patience.Limit, token is null ? [] : [KeyValuePair.Create("authorization", $"Bearer {token}")]),
            Cancellation);
        return [.. answer.CertChain];
    }
}
