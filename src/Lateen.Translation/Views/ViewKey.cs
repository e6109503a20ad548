using Lateen.Api;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Views;

/// <summary>For whom a view of the mesh is: all that decides what can matter.</summary>
public sealed record ViewKey(string TypeUrl, ResourcePart Part, ProxyType ProxyType, string Namespace)
{
    private static readonly ResourcePart[] Whole = [ResourcePart.Whole];
    private static readonly ResourcePart[] Shared = [ResourcePart.Shared];

    /// <summary>The parts that a proxy's resources of a type consist of, in their order.</summary>
    public static IReadOnlyList<ResourcePart> PartsOf(string typeUrl, ProxyType type) => (typeUrl, type) switch
    {
        (TypeUrls.ClusterLoadAssignment, _) or (TypeUrls.RouteConfiguration, ProxyType.Sidecar) => Shared,
        (TypeUrls.Cluster, ProxyType.Sidecar) => [ResourcePart.Shared, ResourcePart.Own],
        (TypeUrls.Listener, ProxyType.Sidecar) => [ResourcePart.Own, ResourcePart.Shared],

        // What a gateway has follows from its own labels and services: there is nothing to share, and there are few of them.
        _ => Whole,
    };
}
