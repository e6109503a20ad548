using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>The lists that a snapshot is built from; one is null from a change of what it holds until it is asked for again.</summary>
internal sealed class InputLists
{
    public EquatableArray<Service>? Services { get; set; }

    public EquatableArray<EndpointShard>? Shards { get; set; }

    public EquatableArray<Workload>? Pods { get; set; }

    public EquatableArray<MeshNamespace>? Namespaces { get; set; }

    public EquatableArray<Node>? Nodes { get; set; }

    public EquatableArray<IIstioConfig>? Configs { get; set; }

    /// <summary>The pods in an order of their own, so that the same pods make the same endpoints whatever happened before.</summary>
    public static EquatableArray<Workload> InOrder(Dictionary<ObjectKey, Workload> pods) => pods
        .OrderBy(entry => entry.Key.Namespace, StringComparer.Ordinal)
        .ThenBy(entry => entry.Key.Name, StringComparer.Ordinal)
        .Select(entry => entry.Value)
        .ToEquatableArray();

    /// <summary>What of the resources is served.</summary>
    public static IEnumerable<IIstioConfig> InForce(IEnumerable<ResourceState> resources) => resources.Select(resource => resource.InForce).OfType<IIstioConfig>();
}
