using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model.Mesh;
using Lateen.Model.Workloads;
using Lateen.Translation.Policies;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Listeners;

/// <summary>The server side of the mesh's mutual TLS.</summary>
internal static class InboundTls
{
    public const string SocketName = "envoy.transport_sockets.tls";

    public static readonly string[] HttpAlpn = ["h2", "http/1.1"];
    public static readonly string[] TcpAlpn = [PeerExchange.Protocol, "h2", "http/1.1"];

    /// <summary>Certificate and root from the agent, a client certificate of a trusted domain required.</summary>
    public static TransportSocket Mutual(ProxyContext context, IEnumerable<string> alpn)
    {
        var common = new CommonTlsContext
        {
            TlsParams = Policies.TlsParameters.MutualServer(context.Mesh),
        };
        ApplyCertificates(common, context.Proxy, TrustedDomains(context));
        common.AlpnProtocols.AddRange(alpn);
        return new()
        {
            Name = SocketName,
            TypedConfig = new DownstreamTlsContext { CommonTlsContext = common, RequireClientCertificate = true }.Pack(),
        };
    }

    /// <summary>The agent's certificate and root, or the files that the proxy names (node metadata TLS_SERVER_…).</summary>
    /// <param name="validation">What clients are held to; null where they need no certificate.</param>
    internal static void ApplyCertificates(CommonTlsContext common, ProxyNode proxy, CertificateValidationContext? validation)
    {
        var chain = proxy.Metadata.Find("TLS_SERVER_CERT_CHAIN") ?? "";
        var root = proxy.Metadata.Find("TLS_SERVER_ROOT_CERT") ?? "";
        common.TlsCertificateSdsSecretConfigs.Add(chain.Length > 0
            ? SecretSources.File($"file-cert:{chain}~{proxy.Metadata.Find("TLS_SERVER_KEY")}")
            : SecretSources.Workload("default"));
        if (validation is not null)
        {
            common.CombinedValidationContext = new()
            {
                DefaultValidationContext = validation,
                ValidationContextSdsSecretConfig = root.Length > 0 ? SecretSources.File($"file-root:{root}") : SecretSources.Workload("ROOTCA"),
            };
        }
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
