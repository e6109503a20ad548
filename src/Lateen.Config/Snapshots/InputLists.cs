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
}
