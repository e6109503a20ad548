using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model.Networking;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Clusters;

/// <summary>Certificates and trust of DestinationRule TLS modes SIMPLE and MUTUAL, from a secret or from files.</summary>
internal static class ClientCertificates
{
    /// <returns>False where the settings can not be honoured: a sidecar may not have a Secret that nothing binds to its workload.</returns>
    public static bool Apply(CommonTlsContext common, ClientTlsSettings settings, OutboundTarget target, ProxyContext context)
    {
        var usesSecret = settings.CredentialName.Length > 0
            && (context.IsGateway || target.Rule?.WorkloadSelector is not null);
        if (settings.CredentialName.Length > 0 && !usesSecret)
        {
            return false;
        }

        if (settings.Mode == ClientTlsMode.Mutual)
        {
            common.TlsCertificateSdsSecretConfigs.Add(usesSecret
                ? SecretSources.Credential(settings.CredentialName)
                : SecretSources.File($"file-cert:{settings.ClientCertificate}~{settings.PrivateKey}"));
        }

        if (settings.InsecureSkipVerify == true)
        {
            common.ValidationContext = usesSecret ? null : new();
            return true;
        }

        var sans = UpstreamTls.Sans(settings.SubjectAltNames);
        if (usesSecret)
        {
            common.CombinedValidationContext = new()
            {
                DefaultValidationContext = sans,
                ValidationContextSdsSecretConfig = SecretSources.Credential(settings.CredentialName + "-cacert"),
            };
        }
        else if (settings.CaCertificates.Length > 0 || Verifies(context))
        {
            var path = settings.CaCertificates.Length > 0 ? settings.CaCertificates : "system";
            common.CombinedValidationContext = new()
            {
                DefaultValidationContext = sans,
                ValidationContextSdsSecretConfig = SecretSources.File($"file-root:{path}"),
            };
        }
        else
        {
            // Istio, ClientTLSSettings.caCertificates: without one the server's certificate is not checked.
            common.ValidationContext = new();
        }

        return true;
    }

    private static bool Verifies(ProxyContext context) =>
        context.Mesh.VerifyCertificateAtClient ?? context.Settings.VerifyCertificateAtClient;
}
