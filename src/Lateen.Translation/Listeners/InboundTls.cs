using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model.Mesh;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Listeners;

/// <summary>The server side of the mesh's mutual TLS.</summary>
internal static class InboundTls
{
    public const string SocketName = "envoy.transport_sockets.tls";

    public static readonly string[] HttpAlpn = ["h2", "http/1.1"];
    public static readonly string[] TcpAlpn = ["istio-peer-exchange", "h2", "http/1.1"];

    /// <summary>Certificate and root from the agent, a client certificate of a trusted domain required.</summary>
    public static TransportSocket Mutual(ProxyContext context, IEnumerable<string> alpn)
    {
        var common = new CommonTlsContext
        {
            TlsParams = Policies.TlsParameters.MutualServer(context.Mesh),
            TlsCertificateSdsSecretConfigs = { SecretSources.Workload("default") },
            CombinedValidationContext = new()
            {
                DefaultValidationContext = TrustedDomains(context),
                ValidationContextSdsSecretConfig = SecretSources.Workload("ROOTCA"),
            },
        };
        common.AlpnProtocols.AddRange(alpn);
        return new()
        {
            Name = SocketName,
            TypedConfig = new DownstreamTlsContext { CommonTlsContext = common, RequireClientCertificate = true }.Pack(),
        };
    }

    private static CertificateValidationContext TrustedDomains(ProxyContext context)
    {
        var result = new CertificateValidationContext();
        if (!context.Settings.SkipValidateTrustDomain)
        {
            foreach (var domain in Domains(context.Mesh))
            {
                result.MatchSubjectAltNames.Add(new Envoy.Type.Matcher.V3.StringMatcher { Prefix = $"spiffe://{domain}/" });
            }
        }

        return result;
    }

    private static IEnumerable<string> Domains(MeshConfig mesh) =>
        ((IEnumerable<string>)[mesh.TrustDomain]).Concat(mesh.TrustDomainAliases).Distinct();
}
