using System.Net;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model.Mesh;

namespace Lateen.ControlPlane.Hosting;

/// <summary>What one lateend process is told by its flags and environment. Everything about traffic is MeshConfig and resources, not options.</summary>
internal sealed record DiscoveryOptions
{
    /// <summary>The API server; null when <see cref="ConfigDirectory"/> is the only source.</summary>
    public KubernetesClientOptions? Kubernetes { get; init; }

    /// <summary>A folder of YAML that is read, and watched, in place of an API server; null for none.</summary>
    public string? ConfigDirectory { get; init; }

    /// <summary>Suffix of the cluster's DNS names. Default cluster.local.</summary>
    public string Domain { get; init; } = "cluster.local";

    /// <summary>Where lateend itself lives, and the mesh's root namespace unless MeshConfig names another. Default istio-system.</summary>
    public string Namespace { get; init; } = "istio-system";

    /// <summary>Name of the pod, shown as the control plane's identity in proxy-status. Default istiod.</summary>
    public string PodName { get; init; } = "istiod";

    /// <summary>Which webhook configurations and ConfigMap are ours. Default `default`.</summary>
    public string Revision { get; init; } = "default";

    /// <summary>Name of the cluster in endpoint metadata and syncz. Default Kubernetes.</summary>
    public string ClusterId { get; init; } = "Kubernetes";

    /// <summary>/ready and /debug. Default 0.0.0.0:8080.</summary>
    public IPEndPoint HttpAddress { get; init; } = new(IPAddress.Any, 8080);

    /// <summary>Webhooks. Default 0.0.0.0:15017.</summary>
    public IPEndPoint HttpsAddress { get; init; } = new(IPAddress.Any, 15017);

    /// <summary>xDS in plaintext. Default 0.0.0.0:15010.</summary>
    public IPEndPoint GrpcAddress { get; init; } = new(IPAddress.Any, 15010);

    /// <summary>xDS over TLS. Default 0.0.0.0:15012.</summary>
    public IPEndPoint SecureGrpcAddress { get; init; } = new(IPAddress.Any, 15012);

    /// <summary>/metrics, /version, /debug. Default 0.0.0.0:15014.</summary>
    public IPEndPoint MonitoringAddress { get; init; } = new(IPAddress.Any, 15014);

    /// <summary>How long an xDS stream may last before it is closed so that load spreads again; null for ever. Default null.</summary>
    public TimeSpan? MaxConnectionAge { get; init; }

    /// <summary>How long streams and webhook calls may take to end after a stop was asked for. Default 10 s.</summary>
    public TimeSpan ShutdownDuration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>`scope:level,...`, levels none, error, warn, info, debug. Default `default:info`.</summary>
    public string LogLevels { get; init; } = "default:info";

    /// <summary>The switches of Istio's environment variables (`PILOT_…`) that change what proxies are told.</summary>
    public ControlPlaneSettings Settings { get; init; } = ControlPlaneSettings.Default;

    /// <summary>PILOT_PUSH_THROTTLE: for how many proxies resources are made at the same time. Default 100.</summary>
    public int PushThrottle { get; init; } = 100;

    /// <summary>A sentence for each of those variables that can not be honoured.</summary>
    public IReadOnlyList<string> SettingProblems { get; init; } = [];

    /// <summary>What injection templates may read with `env`.</summary>
    public IReadOnlyDictionary<string, string> TemplateEnvironment { get; init; } = new Dictionary<string, string>();
}
