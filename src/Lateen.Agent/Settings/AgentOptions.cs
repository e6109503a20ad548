namespace Lateen.Agent.Settings;

/// <summary>Everything the agent is told by its command line and environment, read once at start.</summary>
internal sealed record AgentOptions
{
    /// <summary>sidecar or router: the first part of the node id.</summary>
    public required string Role { get; init; }

    /// <summary>DNS suffix of the workload, <c>namespace.svc.cluster.local</c>: the last part of the node id.</summary>
    public required string Domain { get; init; }

    public required ProxyConfig Proxy { get; init; }

    /// <summary>The environment with ProxyConfig.proxyMetadata on top.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The workload's addresses, the first being its main one.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    public int Concurrency { get; init; } = 2;

    /// <summary>Where the injected files are: tokens, roots, pod labels. "/" in a pod.</summary>
    public string Root { get; init; } = "/";

    /// <summary>A file with resources in place of a control plane (<c>--xds-file</c>), null in a mesh.</summary>
    public string? XdsFile { get; init; }

    /// <summary>Name of the pod, or of the host outside Kubernetes.</summary>
    public string Workload => Variable("POD_NAME", "lateen");

    public string Namespace => Variable("POD_NAMESPACE", "default");

    public string TrustDomain => Variable("TRUST_DOMAIN", "cluster.local");

    public string ServiceAccount => Variable("SERVICE_ACCOUNT", "default");

    /// <summary>The certificate authority, host:port.</summary>
    public string AuthorityAddress => Variable("CA_ADDR", Proxy.DiscoveryAddress);

    /// <summary>Certificates come from mounted files only.</summary>
    public bool HasOnlyFileCertificates => Variable("FILE_MOUNTED_CERTS", "false") == "true";

    /// <summary>Readiness listener of the proxy.</summary>
    public int HealthPort => Port("ENVOY_STATUS_PORT", 15021);

    /// <summary>Metrics listener of the proxy.</summary>
    public int PrometheusPort => Port("ENVOY_PROMETHEUS_PORT", 15090);

    public string RootCertificatePath => Variable("XDS_ROOT_CA", Path.Combine(Root, "var/run/secrets/istio/root-cert.pem"));

    public string TokenPath => Path.Combine(Root, "var/run/secrets/tokens/istio-token");

    public string LabelsPath => Path.Combine(Root, "etc/istio/pod/labels");

    public string AnnotationsPath => Path.Combine(Root, "etc/istio/pod/annotations");

    /// <summary>Where the last good configuration is kept: an emptyDir of the injected pod, so it outlives a container's restart.</summary>
    public string StatePath => Path.Combine(Root, "var/lib/istio/data");

    public string Variable(string name, string otherwise) =>
        Environment.TryGetValue(name, out var value) && value.Length > 0 ? value : otherwise;

    private int Port(string name, int otherwise) => ushort.TryParse(Variable(name, ""), out var port) ? port : otherwise;
}
