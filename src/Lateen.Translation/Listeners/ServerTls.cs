using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model.Mesh;
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
        var common = new CommonTlsContext();
        var result = new DownstreamTlsContext
        {
            CommonTlsContext = common,
            RequireClientCertificate = settings.Mode is ServerTlsMode.Mutual or ServerTlsMode.IstioMutual,
        };
        common.AlpnProtocols.AddRange(alpn);
        ApplyCertificates(common, settings);
        ApplyParameters(common, settings, context.Mesh.TlsDefaults);
        return result;
    }

    private static void ApplyCertificates(CommonTlsContext common, ServerTlsSettings settings)
    {
        var asksClient = settings.Mode is ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual;
        var validation = UpstreamTls.Sans(settings.SubjectAltNames);
        validation.VerifyCertificateSpki.AddRange(settings.VerifyCertificateSpki);
        validation.VerifyCertificateHash.AddRange(settings.VerifyCertificateHash);
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
            else if (validation.CalculateSize() > 0)
            {
                common.ValidationContext = validation;
            }
        }
        else
        {
            // Without a certificate of its own a server shows the workload's.
            common.TlsCertificateSdsSecretConfigs.Add(settings.ServerCertificate.Length == 0 && settings.PrivateKey.Length == 0
                ? SecretSources.Workload("default")
                : SecretSources.File($"file-cert:{settings.ServerCertificate}~{settings.PrivateKey}"));
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

    /// <summary>The server's own settings, else the mesh's defaults for TLS that is not the mesh's own.</summary>
    private static void ApplyParameters(CommonTlsContext common, ServerTlsSettings settings, TlsDefaults? defaults)
    {
        defaults = settings.Mode == ServerTlsMode.IstioMutual ? null : defaults;
        var parameters = new Parameters
        {
            TlsMinimumProtocolVersion = Version(settings.MinProtocolVersion == TlsProtocolVersion.Auto
                ? defaults?.MinProtocolVersion ?? TlsProtocolVersion.Auto
                : settings.MinProtocolVersion),
            TlsMaximumProtocolVersion = Version(settings.MaxProtocolVersion),
        };
        parameters.CipherSuites.AddRange((settings.CipherSuites.IsEmpty ? defaults?.CipherSuites ?? [] : settings.CipherSuites).Distinct());
        parameters.EcdhCurves.AddRange((defaults?.EcdhCurves ?? []).Distinct());
        if (parameters.CalculateSize() > 0)
        {
            common.TlsParams = parameters;
        }
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
