using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>What the sources have told of one cluster and its mesh, as it is now.</summary>
/// <remarks>Written by <see cref="MeshState"/> alone, which knows what a change of each part touches.</remarks>
internal sealed class MeshObjects(
    string domain, string clusterId, ControlPlaneSettings settings, IngressObjects ingresses, KubernetesGatewayObjects kubernetesGateways)
{
    /// <summary>DNS suffix of the cluster.</summary>
    public string Domain { get; } = domain;

    public string ClusterId { get; } = clusterId;

    public ControlPlaneSettings Settings { get; } = settings;

    public MeshConfig Mesh { get; set; } = MeshConfig.Default;

    /// <summary>JSON Web Key Sets, by <see cref="Model.Policies.JwtRule.KeySource"/>.</summary>
    public EquatableMap<string, string> KeySets { get; set; } = EquatableMap<string, string>.Empty;

    public ClusterNetworks Networks { get; } = new(clusterId);

    public Dictionary<ObjectKey, Service> Services { get; } = [];

    public ServiceEndpoints Endpoints { get; } = new();

    public PodTable Pods { get; } = new();

    public Dictionary<string, MeshNamespace> Namespaces { get; } = [];

    public Dictionary<string, Node> Nodes { get; } = [];

    public IstioResources Resources { get; } = new();

    public IngressObjects Ingresses { get; } = ingresses;

    public KubernetesGatewayObjects KubernetesGateways { get; } = kubernetesGateways;

    /// <summary>The pod's own locality, else its machine's.</summary>
    public Locality LocalityOf(Workload pod) => !pod.Locality.IsNone ? pod.Locality : Nodes.GetValueOrDefault(pod.NodeName)?.Locality ?? Locality.None;

    /// <summary>The number of a service's port; null when there is none of that name.</summary>
    public int? FindPort(string ns, string service, string port) =>
        Services.TryGetValue(new ObjectKey(ns, service), out var found) ? found.Ports.FirstOrDefault(p => p.Name == port)?.Number : null;
}
