using System.Runtime.CompilerServices;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Translation.Memos;

/// <summary>What an outbound cluster is made from.</summary>
/// <remarks>Compared by identity but for the rule, which every view of the mesh merges anew.</remarks>
internal readonly record struct ClusterKey(
    Service Service, ServicePort Port, MergedRule? Rule, Subset? Subset, EndpointShard? Endpoints, Surroundings Surroundings)
{
    public bool Equals(ClusterKey other) =>
        ReferenceEquals(Service, other.Service)
        && ReferenceEquals(Port, other.Port)
        && Subset?.Name == other.Subset?.Name
        && ReferenceEquals(Endpoints, other.Endpoints)
        && ReferenceEquals(Surroundings, other.Surroundings)
        && Equals(Rule, other.Rule);

    public override int GetHashCode() =>
        HashCode.Combine(RuntimeHelpers.GetHashCode(Service), Port.Number, Subset?.Name, RuntimeHelpers.GetHashCode(Surroundings));
}

/// <summary>What a load assignment is made from.</summary>
/// <remarks>As <see cref="ClusterKey"/>.</remarks>
internal readonly record struct AssignmentKey(
    string Cluster, Service Service, MergedRule? Rule, EndpointShard? Endpoints, Surroundings Surroundings)
{
    public bool Equals(AssignmentKey other) =>
        Cluster == other.Cluster
        && ReferenceEquals(Service, other.Service)
        && ReferenceEquals(Endpoints, other.Endpoints)
        && ReferenceEquals(Surroundings, other.Surroundings)
        && Equals(Rule, other.Rule);

    public override int GetHashCode() => HashCode.Combine(Cluster, RuntimeHelpers.GetHashCode(Service), RuntimeHelpers.GetHashCode(Surroundings));
}
