using Lateen.Model.KubernetesGateways;
using Lateen.Model.Mesh;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Model;

/// <summary>Everything that a <see cref="MeshSnapshot"/> is made of, as the sources tell it.</summary>
public sealed record MeshInputs
{
    public MeshConfig Mesh { get; init; } = MeshConfig.Default;

    public ControlPlaneSettings Settings { get; init; } = ControlPlaneSettings.Default;

    public EquatableArray<MeshNetwork> Networks { get; init; }

    /// <summary>The network gateways that services of the clusters are (<see cref="Lateen.Model.Networks.NetworkGateways.OfServices"/>).</summary>
    public EquatableArray<NetworkGateway> ServiceGateways { get; init; }

    /// <summary>The network that the cluster says of itself by the label of its system namespace; empty for none.</summary>
    public string ClusterNetwork { get; init; } = "";

    /// <summary>Services of Kubernetes; those of ServiceEntries are made from <see cref="Configs"/>.</summary>
    public EquatableArray<Service> Services { get; init; }

    /// <summary>Endpoints of the services above.</summary>
    public EquatableArray<EndpointShard> Endpoints { get; init; }

    /// <summary>Pods.</summary>
    public EquatableArray<Workload> Workloads { get; init; }

    public EquatableArray<MeshNamespace> Namespaces { get; init; }

    public EquatableArray<Node> Nodes { get; init; }

    /// <summary>All Istio resources, in any order.</summary>
    public EquatableArray<IIstioConfig> Configs { get; init; }

    /// <summary>Which Secrets and Services the Gateway API's objects of other namespaces may refer to.</summary>
    public ReferenceGrants Grants { get; init; } = ReferenceGrants.None;

    /// <summary>JSON Web Key Sets that were fetched, by <see cref="Policies.JwtRule.KeySource"/>.</summary>
    public EquatableMap<string, string> KeySets { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>The cluster's own name; the default of Istio.</summary>
    public string ClusterId { get; init; } = "Kubernetes";

    /// <summary>The suffix of service names.</summary>
    public string Domain { get; init; } = "cluster.local";
}
