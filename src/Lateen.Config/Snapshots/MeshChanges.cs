using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Config.Snapshots;

/// <summary>What counts as a change of the mesh, and what it touches.</summary>
internal static class MeshChanges
{
    // What is read of endpoints beyond load assignments lies apart from them: where that is the same, only those change.
    public static UpdateScope ScopeOf(MeshSnapshot before, MeshSnapshot after) =>
        !ReferenceEquals(before.Index, after.Index) || !before.Endpoints.HasSameTraits(after.Endpoints) ? UpdateScope.Full
        : !before.Endpoints.IsSame(after.Endpoints) ? UpdateScope.Endpoints
        : UpdateScope.Silent;

    /// <summary>Whether two versions say the same.</summary>
    public static bool SameService(Service a, Service b) => a with { ResourceVersion = "" } == b with { ResourceVersion = "" };

    // Status and resource version change without the spec: what generates nothing new is no change.
    public static bool SameContent(IIstioConfig? a, IIstioConfig? b) =>
        a is null || b is null
            ? a is null && b is null
            : ReferenceEquals(a, b) || a.Equals(b) || (a.Meta.Generation == b.Meta.Generation && a.Meta.Generation > 0
                && a.Meta.CreationTimestamp == b.Meta.CreationTimestamp && a.Meta.Labels == b.Meta.Labels
                && a.Meta.Annotations == b.Meta.Annotations && a is not WorkloadEntryConfig);
}
