using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networks;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>The networks of the mesh, and in which of them the addresses of this cluster are.</summary>
internal sealed class ClusterNetworks(string clusterId)
{
    private NetworkMap _map = new(default, "");

    /// <summary>The networks that the mesh's configuration names.</summary>
    public EquatableArray<MeshNetwork> All { get; private set; }

    /// <summary>The network that the cluster says of itself by the label of the root namespace; empty for none.</summary>
    public string Own { get; private set; } = "";

    /// <summary>Takes what the configuration names; true when it differs from before.</summary>
    public bool Set(EquatableArray<MeshNetwork> networks)
    {
        if (All == networks)
        {
            return false;
        }

        All = networks;
        _map = new NetworkMap(All, Own);
        return true;
    }

    /// <summary>Takes what the root namespace says; true when it differs from before.</summary>
    public bool SetOwn(MeshNamespace? root)
    {
        var own = root?.Labels.Find(NetworkGateways.NetworkLabel) ?? "";
        if (Own == own)
        {
            return false;
        }

        Own = own;
        _map = new NetworkMap(All, Own);
        return true;
    }

    /// <summary>The network of an address; empty for none.</summary>
    public string Of(string address, EquatableMap<string, string> labels) => _map.Of(address, labels, clusterId);
}
