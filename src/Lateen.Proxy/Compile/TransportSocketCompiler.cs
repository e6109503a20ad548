using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Net.Tls;
using Lateen.Proxy.Tcp;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Compile;

/// <summary>transport_socket of filter chains and clusters: TLS or none.</summary>
internal static class TransportSocketCompiler
{
    private const string Package = "envoy.extensions.transport_sockets.";

    /// <summary>The chain's TLS; null for raw_buffer or after a problem.</summary>
    public static DownstreamTls? Downstream(CompileScope scope, TransportSocket? socket, Duration? timeout, string path)
    {
        if (!IsTls(scope, socket, "DownstreamTlsContext", path)
            || scope.Unpack(socket!.TypedConfig, DownstreamTlsContext.Parser, path + ".typed_config") is not { } message)
        {
            return null;
        }
        string at = path + ".typed_config.common_tls_context";
        TlsSettings settings = Common(scope, message.CommonTlsContext ?? new CommonTlsContext(), isServer: true, at) with
        {
            RequiresPeerCertificate = message.RequireClientCertificate ?? false,
        };
        if (settings.KeyPairs.Length == 0 && settings.KeyPairSecrets.Length == 0)
        {
            scope.Refuse(at, "No TLS certificates found for server context: set tls_certificates or tls_certificate_sds_secret_configs");
        }
        if (message.SessionTicketKeys is not null || message.SessionTicketKeysSdsSecretConfig is not null)
        {
            scope.Host.NotYet("session_ticket_keys: each context makes its own");
        }
        return new DownstreamTls
        {
            Source = new TlsContextSource(settings with
            {
                Options = settings.Options with { Resumption = !message.DisableStatelessSessionResumption },
            }),
            RequiresServerName = message.RequireSni ?? false,
            HandshakeTimeoutMilliseconds = CompileScope.Milliseconds(timeout, 0) is > 0 and var limit
                ? limit : DownstreamTls.DefaultHandshakeMilliseconds,
        };
    }

    /// <summary>A cluster's transport socket; null for raw_buffer or after a problem.</summary>
    public static UpstreamSocket? Upstream(CompileScope scope, TransportSocket? socket, bool keepsProtocols, string path)
    {
        if (TypeUrls.MessageName(socket?.TypedConfig?.TypeUrl ?? "") != Package + "proxy_protocol.v3.ProxyProtocolUpstreamTransport")
        {
            return Tls(scope, socket, keepsProtocols, path) is { } tls ? new UpstreamSocket(tls, null) : null;
        }
        string at = path + ".typed_config";
        if (scope.Unpack(socket!.TypedConfig, ProxyProtocolUpstreamTransport.Parser, at) is not { } message)
        {
            return null;
        }
        if (message.TransportSocket is null)
        {
            scope.Refuse(at + ".transport_socket", "must be set: what follows the header (raw_buffer or tls)");
        }
        ProxyProtocolConfig config = message.Config ?? new ProxyProtocolConfig();
        return new UpstreamSocket(
            Tls(scope, message.TransportSocket, keepsProtocols, at + ".transport_socket"),
            new ProxyHeaderConfig(config.Version == ProxyProtocolConfig.Types.Version.V2, Records(scope, config.PassThroughTlvs, at + ".config.pass_through_tlvs")));
    }

    /// <summary>Which records of a PROXY header are passed on; null: none.</summary>
    public static RecordTypes? Records(CompileScope scope, ProxyProtocolPassThroughTLVs? pass, string path)
    {
        if (pass is null)
        {
            return null;
        }
        foreach (uint type in pass.TlvType.Where(t => t > byte.MaxValue))
        {
            scope.Refuse(path + ".tlv_type", $"{type} must be less than 256");
        }
        return new RecordTypes(pass.MatchType == ProxyProtocolPassThroughTLVs.Types.PassTLVsMatchType.IncludeAll, [.. pass.TlvType.Select(t => (byte)t)]);
    }

    private static UpstreamTls? Tls(CompileScope scope, TransportSocket? socket, bool keepsProtocols, string path)
    {
        if (!IsTls(scope, socket, "UpstreamTlsContext", path)
            || scope.Unpack(socket!.TypedConfig, UpstreamTlsContext.Parser, path + ".typed_config") is not { } message)
        {
            return null;
        }
        TlsSettings settings = Common(
            scope, message.CommonTlsContext ?? new CommonTlsContext(), isServer: false, path + ".typed_config.common_tls_context");
        if (message.Sni.Length > 255)
        {
            scope.Refuse(path + ".typed_config.sni", "must have at most 255 characters");
        }
        return new UpstreamTls
        {
            Source = new TlsContextSource(settings with
            {
                Options = settings.Options with { Resumption = message.MaxSessionKeys is not 0 },
            }),
            ServerName = message.Sni,
            KeepsProtocols = keepsProtocols,
            PlainProtocols = settings.Options.ApplicationProtocols is { } offered && offered.Contains(PeerExchange.Protocol)
                ? Alpn.Encode([.. offered.Where(p => p != PeerExchange.Protocol)]) : null,
        };
    }

    private static bool IsTls(CompileScope scope, TransportSocket? socket, string wanted, string path)
    {
        if (socket is null)
        {
            return false;
        }
        string type = TypeUrls.MessageName(socket.TypedConfig?.TypeUrl ?? "");
        if (type == $"{Package}tls.v3.{wanted}")
        {
            return true;
        }
        if (type != Package + "raw_buffer.v3.RawBuffer" && !(type.Length == 0 && socket.Name is "envoy.transport_sockets.raw_buffer" or "raw_buffer"))
        {
            scope.Refuse(path, $"transport socket {socket.Name} ({type}) is not supported here");
        }
        return false;
    }

    private static TlsSettings Common(CompileScope scope, CommonTlsContext common, bool isServer, string path)
    {
        TlsParameters parameters = common.TlsParams ?? new TlsParameters();
        (ValidationRules? rules, SecretState? secret) = Validation(scope, common, path);
        TlsKeyPair[] pairs = [.. common.TlsCertificates
            .Select((c, i) => SecretCompiler.KeyPair(scope, c, $"{path}.tls_certificates[{i}]")).OfType<TlsKeyPair>()];
        return new TlsSettings
        {
            KeyPairs = pairs,
            KeyPairSecrets = [.. common.TlsCertificateSdsSecretConfigs.Select(c => Secret(scope, c))],
            Validation = rules,
            ValidationSecret = secret,
            Options = new TlsContextOptions
            {
                IsServer = isServer,
                MinimumVersion = Version(parameters.TlsMinimumProtocolVersion, 0x0303),
                MaximumVersion = Version(parameters.TlsMaximumProtocolVersion, 0x0304),
                // BoringSSL's [A|B] groups have no counterpart: their members keep their order.
                Ciphers = string.Join(':', parameters.CipherSuites).Replace("[", "", StringComparison.Ordinal)
                    .Replace("]", "", StringComparison.Ordinal).Replace('|', ':'),
                Groups = string.Join(':', parameters.EcdhCurves),
                ApplicationProtocols = [.. common.AlpnProtocols],
            },
        };
    }

    private static (ValidationRules?, SecretState?) Validation(CompileScope scope, CommonTlsContext common, string path) =>
        common.ValidationContextTypeCase switch
        {
            CommonTlsContext.ValidationContextTypeOneofCase.ValidationContext =>
                (SecretCompiler.Validation(scope, common.ValidationContext, path + ".validation_context"), null),
            CommonTlsContext.ValidationContextTypeOneofCase.ValidationContextSdsSecretConfig =>
                (null, Secret(scope, common.ValidationContextSdsSecretConfig)),
            CommonTlsContext.ValidationContextTypeOneofCase.CombinedValidationContext =>
                (SecretCompiler.Validation(
                    scope, common.CombinedValidationContext.DefaultValidationContext ?? new CertificateValidationContext(),
                    path + ".combined_validation_context.default_validation_context"),
                 Secret(scope, common.CombinedValidationContext.ValidationContextSdsSecretConfig)),
            _ => (null, null),
        };

    // Over ADS a secret comes from the control plane; anything else names the agent's own SDS.
    private static SecretState Secret(CompileScope scope, SdsSecretConfig config) =>
        scope.Host.SecretOf(config.Name, isLocal: config.SdsConfig?.Ads is null);

    private static int Version(TlsParameters.Types.TlsProtocol version, int otherwise) => version switch
    {
        TlsParameters.Types.TlsProtocol.Tlsv10 => 0x0301,
        TlsParameters.Types.TlsProtocol.Tlsv11 => 0x0302,
        TlsParameters.Types.TlsProtocol.Tlsv12 => 0x0303,
        TlsParameters.Types.TlsProtocol.Tlsv13 => 0x0304,
        _ => otherwise,
    };
}
