using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Workloads;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads mesh.v1alpha1.ProxyConfig: MeshConfig.defaultConfig, the annotation proxy.istio.io/config, and PROXY_CONFIG of a node.</summary>
public static class ProxyConfigDecoder
{
    private static readonly ChoiceNames<InterceptionMode> Modes = Choices.Of<InterceptionMode>();
    private static readonly ChoiceNames<ForwardClientCertDetails> ClientCertificates = Choices.Of<ForwardClientCertDetails>();

    public static Decoded<ProxyConfig> Decode(ConfigNode node, string? file = null)
    {
        var context = new DecodeContext(null, file);
        return new Decoded<ProxyConfig>(ValueReader.Root(node, context).Message(Read), [.. context.Problems]);
    }

    internal static ProxyConfig Read(ObjectReader proxy)
    {
        // Fields that other releases have must not stop this one.
        proxy.IgnoreRest();
        var d = ProxyConfig.Default;
        return new ProxyConfig
        {
            ConfigPath = Filled(proxy["configPath"], d.ConfigPath),
            BinaryPath = Filled(proxy["binaryPath"], d.BinaryPath),
            ServiceCluster = Filled(proxy["serviceCluster"], d.ServiceCluster),
            DrainDuration = WholeSeconds(proxy["drainDuration"]) ?? d.DrainDuration,
            TerminationDrainDuration = proxy["terminationDrainDuration"].Duration() ?? d.TerminationDrainDuration,
            DiscoveryAddress = Filled(proxy["discoveryAddress"], d.DiscoveryAddress),
            ControlPlaneAuthPolicy = AuthPolicy(proxy["controlPlaneAuthPolicy"]) ?? d.ControlPlaneAuthPolicy,
            ProxyAdminPort = (int?)proxy["proxyAdminPort"].Port() ?? d.ProxyAdminPort,
            StatusPort = proxy["statusPort"].Number32(0, 65535) ?? d.StatusPort,
            StatNameLength = proxy["statNameLength"].Number32() ?? d.StatNameLength,
            Concurrency = proxy["concurrency"].Number32(),
            ProxyMetadata = proxy["proxyMetadata"].TextMap().ToEquatableMap(),
            InterceptionMode = proxy["interceptionMode"].Choice(Modes),
            HoldApplicationUntilProxyStarts = proxy["holdApplicationUntilProxyStarts"].Boolean() ?? false,
            MeshId = proxy["meshId"].Text() ?? "",
            ImageType = proxy["image"].Message(image => image["imageType"].Text() ?? "") ?? "",
            ExtraStatTags = proxy["extraStatTags"].Texts(),
            CaCertificatesPem = proxy["caCertificatesPem"].Texts(),
            AvailabilityZone = proxy["availabilityZone"].Text() ?? "",
            Tracing = proxy["tracing"].Message(ProxyTracingDecoder.Read) ?? d.Tracing,
            GatewayTopology = proxy["gatewayTopology"].Message(ReadTopology),
            ProxyHeaders = proxy["proxyHeaders"].Message(ReadHeaders),
        };
    }

    private static GatewayTopology ReadTopology(ObjectReader topology)
    {
        topology.IgnoreRest();
        return new GatewayTopology(
            topology["numTrustedProxies"].Unsigned32() ?? 0,
            topology["forwardClientCertDetails"].Choice(ClientCertificates) ?? ForwardClientCertDetails.Undefined,
            topology["proxyProtocol"].IsPresent);
    }

    private static ProxyHeaders ReadHeaders(ObjectReader headers)
    {
        headers.IgnoreRest();
        return new ProxyHeaders
        {
            ForwardedClientCert = headers["forwardedClientCert"].Choice(ClientCertificates) ?? ForwardClientCertDetails.Undefined,
            RequestIdDisabled = IsDisabled(headers["requestId"]),
            ServerDisabled = IsDisabled(headers["server"]),
            ServerValue = headers["server"].Message(server => Tolerant(server)["value"].Text() ?? "") ?? "",
            AttemptCountDisabled = IsDisabled(headers["attemptCount"]),
            EnvoyDebugHeadersDisabled = IsDisabled(headers["envoyDebugHeaders"]),
        };
    }

    private static bool IsDisabled(ValueReader field)
    {
        var disabled = false;
        field.Message(header =>
        {
            disabled = Tolerant(header)["disabled"].Boolean() ?? false;
            return header;
        });
        return disabled;
    }

    private static ObjectReader Tolerant(ObjectReader reader)
    {
        reader.IgnoreRest();
        return reader;
    }

    private static TimeSpan? WholeSeconds(ValueReader field)
    {
        var value = field.Duration();
        if (value is { } given && (given <= TimeSpan.Zero || given.Ticks % TimeSpan.TicksPerSecond != 0))
        {
            field.Problem("the duration counts whole seconds and is at least 1s");
        }

        return value;
    }

    // Protobuf-JSON writes an enum by name or by number.
    private static string? AuthPolicy(ValueReader field)
    {
        switch (field.AnyText())
        {
            case null:
                return null;
            case "NONE" or "0":
                return "NONE";
            case "MUTUAL_TLS" or "1":
                return "MUTUAL_TLS";
            default:
                field.Problem("neither NONE nor MUTUAL_TLS");
                return null;
        }
    }

    private static string Filled(ValueReader field, string fallback)
    {
        var text = field.Text();
        if (field.IsPresent && string.IsNullOrEmpty(text))
        {
            field.Problem("empty", "give a value, or remove the field");
        }

        return text ?? fallback;
    }
}
