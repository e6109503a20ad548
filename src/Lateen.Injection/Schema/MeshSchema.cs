namespace Lateen.Injection.Schema;

/// <summary>The fields of istio.mesh.v1alpha1 that templates ask for; what is not named here is reached by its own JSON name.</summary>
/// <remarks>Source: Istio's "Global Mesh Options" page, release 1.19.</remarks>
internal static class MeshSchema
{
    private const string Table =
        """
        MeshConfig: proxyListenPort=i proxyInboundListenPort=i proxyHttpPort=i connectTimeout=s tcpKeepalive=any ingressClass=s ingressService=s ingressControllerMode=s ingressSelector=s enableTracing=b accessLogFile=s accessLogFormat=s accessLogEncoding=s enableEnvoyAccessLogService=b disableEnvoyListenerLog=b defaultConfig=ProxyConfig outboundTrafficPolicy=any configSources=[any] enableAutoMtls=w trustDomain=s trustDomainAliases=[s] caCertificates=[any] defaultServiceExportTo=[s] defaultVirtualServiceExportTo=[s] defaultDestinationRuleExportTo=[s] rootNamespace=s localityLbSetting=any dnsRefreshRate=s h2UpgradePolicy=s inboundClusterStatName=s outboundClusterStatName=s enablePrometheusMerge=w extensionProviders=[any] defaultProviders=any discoverySelectors=[any] pathNormalization=any defaultHttpRetryPolicy=any meshMTLS=any tlsDefaults=any ca=any serviceSettings=[any] thriftConfig=any verifyCertificateAtClient=w
        ProxyConfig: configPath=s binaryPath=s serviceCluster=s tracingServiceName=s drainDuration=s discoveryAddress=s statsdUdpAddress=s proxyAdminPort=i controlPlaneAuthPolicy=s customConfigFile=s statNameLength=i concurrency=w proxyBootstrapTemplatePath=s interceptionMode=s tracing=Tracing* envoyAccessLogService=any envoyMetricsService=any proxyMetadata={s} runtimeValues={s} statusPort=i extraStatTags=[s] gatewayTopology=any terminationDrainDuration=s meshId=s readinessProbe=any proxyStatsMatcher=any holdApplicationUntilProxyStarts=w caCertificatesPem=[s] image=ProxyImage* privateKeyProvider=any sds=any proxyHeaders=any
        ProxyImage: imageType=s
        Tracing: zipkin=any* lightstep=any* datadog=any* stackdriver=any* openCensusAgent=any* customTags=any sampling=any maxPathTagLength=i tlsSettings=any
        """;

    private static readonly IReadOnlyDictionary<string, KubeType> Types = SchemaReader.Read(Table);

    public static KubeType MeshConfig => Types["MeshConfig"];

    public static KubeType ProxyConfig => Types["ProxyConfig"];
}
