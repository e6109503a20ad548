using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.WellKnownTypes;
using Istio.V1.Auth;
using Lateen.Agent.Hosting;
using Lateen.Agent.Settings;
using Lateen.Grpc.Client;
using Lateen.Security;
using Lateen.Xds;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Identity;

/// <summary>Asks the mesh's authority for a certificate: a new key and a signing request each time, the pod's token as proof.</summary>
/// <remarks>
/// The key is ECDSA P-256, which costs a handshake a tenth of Istio's RSA; WORKLOAD_RSA_KEY_SIZE asks for RSA. It never leaves this process.
/// </remarks>
internal sealed class CertificateRequester(AgentOptions options, GrpcChannel channel, ILogger logger)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <exception cref="Lateen.Grpc.GrpcException">The authority refused or could not be reached.</exception>
    /// <exception cref="CryptographicException">The answer holds no certificate for the key.</exception>
    public async Task<WorkloadMaterial> RequestAsync(CancellationToken cancellation)
    {
        using AsymmetricAlgorithm key = NewKey();
        var request = new IstioCertificateRequest
        {
            Csr = SigningRequest(key),
            ValidityDuration = (long)Lifetime().TotalSeconds,
        };
        if (options.Variable("ISTIO_META_CERT_SIGNER", "") is { Length: > 0 } signer)
        {
            request.Metadata = new Struct { Fields = { ["CertSigner"] = Value.ForString(signer) } };
        }
        var answer = await channel.UnaryAsync(
            CertificateMethods.Create, request,
            new GrpcCallOptions { Timeout = CallTimeout, Metadata = ControlPlaneChannel.Metadata(options, logger) }, cancellation);
        if (answer.CertChain is not [_, .., var root] chain)
        {
            throw new CryptographicException($"the authority answered with {answer.CertChain.Count} certificates; a leaf and a root are needed");
        }
        return new WorkloadMaterial(
            string.Join("\n", chain.Take(chain.Count - 1).Select(c => c.Trim())) + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", root.Trim() + "\n");
    }

    private AsymmetricAlgorithm NewKey() => int.TryParse(options.Variable("WORKLOAD_RSA_KEY_SIZE", ""), out int bits)
        ? RSA.Create(bits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string SigningRequest(AsymmetricAlgorithm key)
    {
        var name = new X500DistinguishedName("O=" + options.TrustDomain);
        var request = key is RSA rsa
            ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(new SpiffeId(options.TrustDomain, options.Namespace, options.ServiceAccount).ToString()));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequestPem();
    }

    private TimeSpan Lifetime() => GoDuration.TryParse(options.Variable("SECRET_TTL", "24h"), out var lifetime) ? lifetime : TimeSpan.FromHours(24);
}
