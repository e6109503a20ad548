using Lateen.Config.Decoding.Istio;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads MeshConfig (the key `mesh` of ConfigMap istio); what is not given keeps the release's default.</summary>
public static class MeshConfigDecoder
{
    private static readonly ChoiceNames<AccessLogEncoding> Encodings = Choices.Of<AccessLogEncoding>();
    private static readonly ChoiceNames<OutboundTrafficMode> TrafficModes = Choices.Of<OutboundTrafficMode>();
    private static readonly ChoiceNames<H2UpgradePolicy> UpgradePolicies = Choices.Of<H2UpgradePolicy>();
    private static readonly ChoiceNames<IngressControllerMode> IngressModes = Choices.Of<IngressControllerMode>();
    private static readonly ChoiceNames<PathNormalization> Normalizations = Choices.Of<PathNormalization>();

    /// <summary>Reads the YAML text of the ConfigMap's key.</summary>
    /// <param name="where">How the text is called in problems.</param>
    public static Decoded<MeshConfig> Decode(string text, string where)
    {
        var problems = new List<ConfigProblem>();
        var documents = YamlTree.Read(text, where, problems);
        if (problems.Count > 0)
        {
            return new Decoded<MeshConfig>(null, [.. problems]);
        }

        return documents.IsEmpty ? new Decoded<MeshConfig>(MeshConfig.Default, []) : Decode(documents[0], where);
    }

    public static Decoded<MeshConfig> Decode(ConfigNode node, string? file = null)
    {
        var context = new DecodeContext(null, file);
        var config = ValueReader.Root(node, context).Message(mesh => Read(mesh) with { Source = JsonTree.ToSource(node) });
        return new Decoded<MeshConfig>(config, [.. context.Problems]);
    }

    private static MeshConfig Read(ObjectReader mesh)
    {
        // Fields that other releases have must not stop this one.
        mesh.IgnoreRest();
        var d = MeshConfig.Default;
        return new MeshConfig
        {
            ProxyListenPort = (int?)mesh["proxyListenPort"].Port() ?? d.ProxyListenPort,
            ProxyInboundListenPort = (int?)mesh["proxyInboundListenPort"].Port() ?? d.ProxyInboundListenPort,
            ProxyHttpPort = mesh["proxyHttpPort"].Number32(0, 65535) ?? 0,
            ConnectTimeout = ConnectTimeout(mesh["connectTimeout"]) ?? d.ConnectTimeout,
            ProtocolDetectionTimeout = ZeroOrMilliseconds(mesh["protocolDetectionTimeout"]) ?? d.ProtocolDetectionTimeout,
            TcpKeepalive = mesh["tcpKeepalive"].Message(TrafficPolicyDecoder.ReadKeepalive),
            IngressClass = mesh["ingressClass"].Text() ?? d.IngressClass,
            IngressService = mesh["ingressService"].Text() ?? d.IngressService,
            IngressSelector = mesh["ingressSelector"].Text() ?? d.IngressSelector,
            IngressControllerMode = mesh["ingressControllerMode"].Choice(IngressModes) ?? d.IngressControllerMode,
            EnableTracing = mesh["enableTracing"].Boolean() ?? d.EnableTracing,
            AccessLogFile = mesh["accessLogFile"].Text() ?? "",
            AccessLogFormat = mesh["accessLogFormat"].Text() ?? "",
            AccessLogEncoding = mesh["accessLogEncoding"].Choice(Encodings) ?? d.AccessLogEncoding,
            EnableEnvoyAccessLogService = mesh["enableEnvoyAccessLogService"].Boolean() ?? false,
            DisableEnvoyListenerLog = mesh["disableEnvoyListenerLog"].Boolean() ?? false,
            DefaultConfig = mesh["defaultConfig"].Message(ProxyConfigDecoder.Read) ?? d.DefaultConfig,
            OutboundTrafficPolicy = mesh["outboundTrafficPolicy"].Message(policy => new OutboundTrafficPolicy(
                policy["mode"].Choice(TrafficModes) ?? OutboundTrafficMode.RegistryOnly)) ?? d.OutboundTrafficPolicy,
            TrustDomain = TrustDomain(mesh["trustDomain"]) ?? d.TrustDomain,
            TrustDomainAliases = mesh["trustDomainAliases"].Texts(),
            DefaultServiceExportTo = Or(mesh["defaultServiceExportTo"], d.DefaultServiceExportTo),
            DefaultVirtualServiceExportTo = Or(mesh["defaultVirtualServiceExportTo"], d.DefaultVirtualServiceExportTo),
            DefaultDestinationRuleExportTo = Or(mesh["defaultDestinationRuleExportTo"], d.DefaultDestinationRuleExportTo),
            RootNamespace = mesh["rootNamespace"].Text() ?? d.RootNamespace,
            EnableAutoMtls = mesh["enableAutoMtls"].Boolean() ?? d.EnableAutoMtls,
            LocalityLbSetting = mesh["localityLbSetting"].Message(LoadBalancerDecoder.ReadLocality) ?? d.LocalityLbSetting,
            DnsRefreshRate = mesh["dnsRefreshRate"].Duration() ?? d.DnsRefreshRate,
            H2UpgradePolicy = mesh["h2UpgradePolicy"].Choice(UpgradePolicies) ?? d.H2UpgradePolicy,
            InboundClusterStatName = mesh["inboundClusterStatName"].Text() ?? "",
            OutboundClusterStatName = mesh["outboundClusterStatName"].Text() ?? "",
            EnablePrometheusMerge = mesh["enablePrometheusMerge"].Boolean() ?? d.EnablePrometheusMerge,
            VerifyCertificateAtClient = mesh["verifyCertificateAtClient"].Boolean(),
            DefaultProviders = mesh["defaultProviders"].Message(providers => new DefaultProviders
            {
                Tracing = providers["tracing"].Texts(),
                Metrics = providers["metrics"].Texts(),
                AccessLogging = providers["accessLogging"].Texts(),
            }) ?? d.DefaultProviders,
            ExtensionProviders = WithDefaults(mesh["extensionProviders"].List(ExtensionProviderDecoder.Read), d.ExtensionProviders),
            DiscoverySelectors = mesh["discoverySelectors"].Messages(LabelSelectorDecoder.Read),
            PathNormalization = mesh["pathNormalization"].Message(
                path => new Box<PathNormalization?>(path["normalization"].Choice(Normalizations)))?.Value ?? d.PathNormalization,
            DefaultHttpRetryPolicy = mesh["defaultHttpRetryPolicy"].Message(HttpActionDecoder.ReadRetry),
            MeshMtlsMinProtocolVersion = mesh["meshMTLS"].Message(ReadTls)?.MinProtocolVersion ?? TlsProtocolVersion.Auto,
            MeshMtlsCipherSuites = mesh["meshMTLS"].Message(ReadTls)?.CipherSuites ?? [],
            TlsDefaults = mesh["tlsDefaults"].Message(ReadTls),
            ServiceSettings = mesh["serviceSettings"].Messages(settings => new ServiceSettings(
                settings["settings"].Message(inner => new Box<bool>(inner["clusterLocal"].Boolean() ?? false))?.Value ?? false,
                settings["hosts"].List(host => host.Host()))),
        };
    }

    private static TlsDefaults ReadTls(ObjectReader tls) => new(
        tls["minProtocolVersion"].Choice(ServerDecoder.Versions) ?? TlsProtocolVersion.Auto,
        tls["cipherSuites"].Texts(),
        tls["ecdhCurves"].Texts());

    // Providers of a given name replace the built-in one of that name.
    private static EquatableArray<ExtensionProvider> WithDefaults(
        EquatableArray<ExtensionProvider> given, EquatableArray<ExtensionProvider> defaults)
    {
        var names = given.Select(provider => provider.Name).ToHashSet();
        return defaults.Where(provider => !names.Contains(provider.Name)).Concat(given).ToEquatableArray();
    }

    private static EquatableArray<string> Or(ValueReader field, EquatableArray<string> fallback) =>
        field.IsPresent ? field.Texts() : fallback;

    private static TimeSpan? ZeroOrMilliseconds(ValueReader field) =>
        field.Node is { Text: "0" or "0s" } ? TimeSpan.Zero : field.Milliseconds();

    private static TimeSpan? ConnectTimeout(ValueReader field)
    {
        var value = field.Milliseconds();
        if (value > TimeSpan.FromSeconds(30))
        {
            field.Problem("above 30s", "use 1ms to 30s");
        }

        return value;
    }

    private static string? TrustDomain(ValueReader field)
    {
        var text = field.Text();
        if (text is { Length: > 0 } && !NameRules.IsDnsName(text))
        {
            field.Problem($"\"{text}\" is no trust domain");
        }

        return text is { Length: > 0 } ? text : null;
    }

    private sealed record Box<T>(T Value);
}
