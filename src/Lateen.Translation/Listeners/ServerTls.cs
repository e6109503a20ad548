using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model.Networking;
using Lateen.Translation.Clusters;
using Lateen.Translation.Policies;
using Parameters = Envoy.Extensions.TransportSockets.Tls.V3.TlsParameters;

namespace Lateen.Translation.Listeners;

/// <summary>The server side of TLS with certificates of the user: gateway servers and Sidecar ingress listeners.</summary>
internal static class ServerTls
{
    public static TransportSocket Socket(ProxyContext context, ServerTlsSettings settings, IEnumerable<string> alpn) => new()
    {
        Name = InboundTls.SocketName,
        TypedConfig = Context(context, settings, alpn).Pack(),
    };

    public static DownstreamTlsContext Context(ProxyContext context, ServerTlsSettings settings, IEnumerable<string> alpn)
    {
        _ = context;
        var common = new CommonTlsContext();
        var result = new DownstreamTlsContext
        {
            CommonTlsContext = common,
            RequireClientCertificate = settings.Mode is ServerTlsMode.Mutual or ServerTlsMode.IstioMutual,
        };
        common.AlpnProtocols.AddRange(alpn);
        ApplyCertificates(common, settings);
        ApplyParameters(common, settings);
        return result;
    }

    private static void ApplyCertificates(CommonTlsContext common, ServerTlsSettings settings)
    {
        var asksClient = settings.Mode is ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual;
        var validation = UpstreamTls.Sans(settings.SubjectAltNames);
        validation.VerifyCertificateSpki.AddRange(settings.VerifyCertificateSpki);
        validation.VerifyCertificateHash.AddRange(settings.VerifyCertificateHash);
        if (settings.Mode == ServerTlsMode.OptionalMutual)
        {
            validation.TrustChainVerification = CertificateValidationContext.Types.TrustChainVerification.AcceptUntrusted;
        }

        if (settings.Mode == ServerTlsMode.IstioMutual)
        {
            common.TlsCertificateSdsSecretConfigs.Add(SecretSources.Workload("default"));
            common.CombinedValidationContext = Combined(validation, SecretSources.Workload("ROOTCA"));
        }
        else if (settings.CredentialName.Length > 0)
        {
            common.TlsCertificateSdsSecretConfigs.Add(SecretSources.Credential(settings.CredentialName));
            if (asksClient)
            {
                common.CombinedValidationContext = Combined(validation, SecretSources.Credential(settings.CredentialName + "-cacert"));
            }
        }
        else
        {
            common.TlsCertificateSdsSecretConfigs.Add(
                SecretSources.File($"file-cert:{settings.ServerCertificate}~{settings.PrivateKey}"));
            if (settings.CaCertificates.Length > 0)
            {
                common.CombinedValidationContext = Combined(validation, SecretSources.File($"file-root:{settings.CaCertificates}"));
            }
            else if (validation.CalculateSize() > 0)
            {
                common.ValidationContext = validation;
            }
        }
    }

    private static CommonTlsContext.Types.CombinedCertificateValidationContext Combined(
        CertificateValidationContext validation, SdsSecretConfig source) => new()
        {
            DefaultValidationContext = validation,
            ValidationContextSdsSecretConfig = source,
        };

    private static void ApplyParameters(CommonTlsContext common, ServerTlsSettings settings)
    {
        if (settings.MinProtocolVersion == TlsProtocolVersion.Auto && settings.MaxProtocolVersion == TlsProtocolVersion.Auto
            && settings.CipherSuites.IsEmpty)
        {
            return;
        }

        common.TlsParams = new()
        {
            TlsMinimumProtocolVersion = Version(settings.MinProtocolVersion),
            TlsMaximumProtocolVersion = Version(settings.MaxProtocolVersion),
        };
        common.TlsParams.CipherSuites.AddRange(settings.CipherSuites);
    }

    private static Parameters.Types.TlsProtocol Version(TlsProtocolVersion version) => version switch
    {
        TlsProtocolVersion.Tls10 => Parameters.Types.TlsProtocol.Tlsv10,
        TlsProtocolVersion.Tls11 => Parameters.Types.TlsProtocol.Tlsv11,
        TlsProtocolVersion.Tls12 => Parameters.Types.TlsProtocol.Tlsv12,
        TlsProtocolVersion.Tls13 => Parameters.Types.TlsProtocol.Tlsv13,
        _ => Parameters.Types.TlsProtocol.TlsAuto,
    };
}
