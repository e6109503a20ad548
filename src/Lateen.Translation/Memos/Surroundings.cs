using Lateen.Model;
using Lateen.Model.Policies;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Memos;

/// <summary>All that an outbound cluster or a load assignment is made from beside its service, the service's endpoints and its DestinationRule.</summary>
/// <remarks>
/// The proxy's namespace and search domain are not in it: they decide which services and rules there are, and nothing about what is made of
/// them. Parts are compared by identity where they keep it, so a difference that is none costs one making.
/// </remarks>
internal sealed class Surroundings : IEquatable<Surroundings>
{
    private readonly MeshInputs _inputs;
    private readonly EquatableArray<PeerAuthenticationConfig> _peers;
    private readonly ProxyNode _proxy;

    public Surroundings(MeshSnapshot snapshot, ProxyNode proxy)
    {
        _inputs = snapshot.Index.Inputs;
        _peers = snapshot.Index.PeerAuthentications;
        _proxy = proxy with { Namespace = "", DnsDomain = "" };
    }

    public bool Equals(Surroundings? other) =>
        other is not null
        && ReferenceEquals(_inputs.Mesh, other._inputs.Mesh)
        && _peers.IsSame(other._peers)
        && ReferenceEquals(_inputs.Settings, other._inputs.Settings)
        && _inputs.Networks == other._inputs.Networks
        && _inputs.ServiceGateways == other._inputs.ServiceGateways
        && _inputs.ClusterNetwork == other._inputs.ClusterNetwork
        && _inputs.ClusterId == other._inputs.ClusterId
        && _inputs.Domain == other._inputs.Domain
        && _proxy == other._proxy;

    public override bool Equals(object? obj) => Equals(obj as Surroundings);

    public override int GetHashCode() => _proxy.GetHashCode();
}
