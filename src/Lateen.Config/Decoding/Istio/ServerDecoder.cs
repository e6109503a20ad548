using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads ports and server TLS as Gateway, ServiceEntry and Sidecar write them.</summary>
internal static class ServerDecoder
{
    private static readonly ChoiceNames<ServerTlsMode> Modes = Choices.Of<ServerTlsMode>();

    internal static readonly ChoiceNames<TlsProtocolVersion> Versions = Choices.Of(
        ("TLS_AUTO", TlsProtocolVersion.Auto), ("TLSV1_0", TlsProtocolVersion.Tls10), ("TLSV1_1", TlsProtocolVersion.Tls11),
        ("TLSV1_2", TlsProtocolVersion.Tls12), ("TLSV1_3", TlsProtocolVersion.Tls13));

    /// <param name="allowZero">0 is the number of a Unix socket's port.</param>
    /// <param name="requireName">The kind refers to its ports by name.</param>
    public static GatewayPort ReadPort(ObjectReader port, bool allowZero = false, bool requireName = true)
    {
        var number = port["number"].Unsigned32(allowZero ? 0u : 1u, 65535);
        if (!port["number"].IsPresent && !allowZero)
        {
            port.Problem("a port without number", "set number to 1-65535");
        }

        var protocol = port["protocol"].Text() ?? "";
        if (protocol.Length > 0 && Protocols.Parse(protocol) == Protocol.Unsupported)
        {
            port["protocol"].Problem($"\"{protocol}\" is no protocol", "use HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, MYSQL, REDIS or UDP");
        }

        var name = port["name"].Text() ?? "";
        if (name.Length == 0 && requireName)
        {
            port.Problem("a port without name", "give it a name, for example http");
        }
        else if (name.Length > 0 && !NameRules.IsDnsLabel(name))
        {
            port["name"].Problem($"\"{name}\" is no port name", "use letters, digits and -");
        }

        return new GatewayPort((int)(number ?? 0), protocol, name, (int)(port["targetPort"].Unsigned32(0, 65535) ?? 0));
    }

    public static ServerTlsSettings ReadTls(ObjectReader tls)
    {
        var result = new ServerTlsSettings
        {
            HttpsRedirect = tls["httpsRedirect"].Boolean() ?? false,
            Mode = tls["mode"].Choice(Modes) ?? ServerTlsMode.Passthrough,
            ServerCertificate = tls["serverCertificate"].Text() ?? "",
            PrivateKey = tls["privateKey"].Text() ?? "",
            CaCertificates = tls["caCertificates"].Text() ?? "",
            CaCrl = tls["caCrl"].Text() ?? "",
            CredentialName = tls["credentialName"].Text() ?? "",
            SubjectAltNames = tls["subjectAltNames"].Texts(),
            VerifyCertificateSpki = tls["verifyCertificateSpki"].Texts(),
            VerifyCertificateHash = tls["verifyCertificateHash"].Texts(),
            MinProtocolVersion = tls["minProtocolVersion"].Choice(Versions) ?? TlsProtocolVersion.Auto,
            MaxProtocolVersion = tls["maxProtocolVersion"].Choice(Versions) ?? TlsProtocolVersion.Auto,
            CipherSuites = tls["cipherSuites"].Texts(),
        };
        CheckCertificates(tls, result);
        if (result.MinProtocolVersion > result.MaxProtocolVersion && result.MaxProtocolVersion != TlsProtocolVersion.Auto)
        {
            tls["minProtocolVersion"].Problem("above maxProtocolVersion", "exchange them");
        }

        return result;
    }

    private static void CheckCertificates(ObjectReader tls, ServerTlsSettings settings)
    {
        if (settings.Mode == ServerTlsMode.IstioMutual)
        {
            var files = settings.ServerCertificate.Length + settings.PrivateKey.Length + settings.CaCertificates.Length;
            if (files > 0 || settings.CredentialName.Length > 0)
            {
                tls.Problem(
                    "ISTIO_MUTUAL uses the mesh's own certificates", "remove serverCertificate, privateKey, caCertificates and credentialName");
            }

            return;
        }

        if (settings.Mode == ServerTlsMode.Passthrough || settings.Mode == ServerTlsMode.AutoPassthrough)
        {
            return;
        }

        if (settings.CredentialName.Length > 0)
        {
            return;
        }

        tls["serverCertificate"].Required("name the file, or a credentialName");
        tls["privateKey"].Required("name the file, or a credentialName");
        if (settings.Mode is ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual)
        {
            tls["caCertificates"].Required("name the file of the CA that signs clients, or a credentialName");
        }
    }
}
