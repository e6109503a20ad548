using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Model.Services;
using Lateen.Security;
using Lateen.Translation.Policies;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Clusters;

/// <summary>TLS towards a service: what its DestinationRule says, else mutual TLS of the mesh where both ends can do it.</summary>
internal static class UpstreamTls
{
    private const string TlsSocket = "envoy.transport_sockets.tls";
    private const string RawSocket = "envoy.transport_sockets.raw_buffer";
    private const string MatchKey = "tlsMode";
    private const string MutualMode = "istio";

    public static void Apply(Cluster cluster, ClientTlsSettings? settings, OutboundTarget target, ProxyContext context)
    {
        if (settings is not null)
        {
            if (settings.Mode is ClientTlsMode.Simple or ClientTlsMode.Mutual)
            {
                ConfigReference.Istio(cluster.Metadata).Fields["alpn_override"] = Value.ForString("false");
            }

            if (Context(cluster, Completed(settings, target, context), target, context) is { } explicitContext)
            {
                cluster.TransportSocket = Socket(explicitContext);
            }

            return;
        }

        if (!IsInferred(target, context))
        {
            return;
        }

        var mutual = Context(cluster, Completed(new() { Mode = ClientTlsMode.IstioMutual }, target, context), target, context)!;
        if (cluster.Type == Cluster.Types.DiscoveryType.OriginalDst)
        {
            // There is no endpoint to match on: all of them have to be able.
            if (AllEndpointsCan(context, target))
            {
                cluster.TransportSocket = Socket(mutual);
            }

            return;
        }

        cluster.TransportSocketMatches.Add(new Cluster.Types.TransportSocketMatch
        {
            Name = "tlsMode-istio",
            Match = Protobuf.StructOf((MatchKey, Value.ForString(MutualMode))),
            TransportSocket = Socket(mutual),
        });
        cluster.TransportSocketMatches.Add(new Cluster.Types.TransportSocketMatch
        {
            Name = "tlsMode-disabled",
            Match = new(),
            TransportSocket = PlainText(),
        });
    }

    public static TransportSocket PlainText() => new()
    {
        Name = RawSocket,
        TypedConfig = Protobuf.EmptyOf("envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"),
    };

    /// <summary>Istio, "Auto mutual TLS": no rule, not external, and servers of the namespace do not refuse it.</summary>
    private static bool IsInferred(OutboundTarget target, ProxyContext context) =>
        context.Mesh.EnableAutoMtls
        && !target.Service.MeshExternal
        && MutualTls.OfNamespace(context.Snapshot, target.Service.Namespace) != MutualTlsMode.Disable;

    private static bool AllEndpointsCan(ProxyContext context, OutboundTarget target)
    {
        var any = false;
        foreach (var endpoint in context.Snapshot.EndpointsOf(target.Service, target.Port))
        {
            any = true;
            if (endpoint.TlsMode != MutualMode)
            {
                return false;
            }
        }

        return any;
    }

    /// <summary>Fills in the names that the mesh knows: server name and identities.</summary>
    internal static ClientTlsSettings Completed(ClientTlsSettings settings, OutboundTarget target, ProxyContext context)
    {
        if (settings.Mode == ClientTlsMode.IstioMutual)
        {
            var identities = settings.SubjectAltNames;
            if (identities.IsEmpty)
            {
                identities = Identities(target.Service, context);
            }

            // Certificates from files take the place of the agent's (node metadata TLS_CLIENT_…).
            var metadata = context.Proxy.Metadata;
            var files = metadata.Find("TLS_CLIENT_CERT_CHAIN") is { Length: > 0 };
            return settings with
            {
                Mode = files ? ClientTlsMode.Mutual : ClientTlsMode.IstioMutual,
                ClientCertificate = files ? metadata.Find("TLS_CLIENT_CERT_CHAIN")! : "",
                PrivateKey = files ? metadata.Find("TLS_CLIENT_KEY") ?? "" : "",
                CaCertificates = files ? metadata.Find("TLS_CLIENT_ROOT_CERT") ?? "" : "",
                SubjectAltNames = identities,
                Sni = settings.Sni.Length > 0
                    ? settings.Sni
                    : Naming.OutboundSni(target.Service.Hostname, target.Subset?.Name ?? "", target.Port.Number),
            };
        }

        return settings.SubjectAltNames.IsEmpty && target.Service.Registry == Registry.External
            ? settings with { SubjectAltNames = target.Service.ServiceAccounts }
            : settings;
    }

    private static EquatableArray<string> Identities(Service service, ProxyContext context) =>
        SpiffeId.InTrustDomains([.. service.ServiceAccounts, .. context.Snapshot.EndpointsOf(service.Key).ServiceAccounts], context.Mesh.TrustDomainAliases)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToEquatableArray();

    /// <summary>The context of completed settings; null where there is no TLS.</summary>
    internal static UpstreamTlsContext? Context(
        Cluster cluster, ClientTlsSettings settings, OutboundTarget target, ProxyContext context)
    {
        var common = new CommonTlsContext { TlsParams = Policies.TlsParameters.Client(context.Mesh, settings.Mode == ClientTlsMode.IstioMutual) };
        var result = new UpstreamTlsContext { CommonTlsContext = common, Sni = settings.Sni };
        var http2 = ConnectionPools.IsHttp2(cluster);
        switch (settings.Mode)
        {
            case ClientTlsMode.Disable:
                return null;
            case ClientTlsMode.IstioMutual:
                common.TlsCertificateSdsSecretConfigs.Add(SecretSources.Workload("default"));
                common.CombinedValidationContext = new()
                {
                    DefaultValidationContext = Sans(settings.SubjectAltNames),
                    ValidationContextSdsSecretConfig = SecretSources.Workload("ROOTCA"),
                };
                common.AlpnProtocols.Add(PeerExchange.Protocol);
                common.AlpnProtocols.Add("istio");
                if (http2)
                {
                    common.AlpnProtocols.Add("h2");
                }

                return result;
            default:
                if (!ClientCertificates.Apply(common, settings, target, context))
                {
                    return null;
                }

                if (http2)
                {
                    common.AlpnProtocols.Add("h2");
                }

                return result;
        }
    }

    public static CertificateValidationContext Sans(EquatableArray<string> names)
    {
        var result = new CertificateValidationContext();
        foreach (var name in names)
        {
            result.MatchSubjectAltNames.Add(new Envoy.Type.Matcher.V3.StringMatcher { Exact = name });
        }

        return result;
    }

    private static TransportSocket Socket(UpstreamTlsContext context) => new() { Name = TlsSocket, TypedConfig = context.Pack() };
}
