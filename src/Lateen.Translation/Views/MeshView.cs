using Lateen.Model;

namespace Lateen.Translation.Views;

/// <summary>What of a mesh can matter for a <see cref="ViewKey"/>. The same instance while all of it is the same.</summary>
/// <param name="Index">Services and resources.</param>
/// <param name="Endpoints">What is read of endpoints; load assignments read those of their own service beside it.</param>
public sealed record MeshView(ViewKey Key, MeshIndex Index, EndpointTable Endpoints)
{
    private SelectingKeys? _selecting;

    internal SelectingKeys Selecting => _selecting ??= SelectingKeys.Of(Index);

    /// <summary>The snapshot that a translation is given.</summary>
    /// <param name="snapshot">Where the view comes from.</param>
    /// <param name="endpoints">Endpoints in place of the view's own.</param>
    /// <param name="workloads">The pods that may be read.</param>
    public MeshSnapshot In(MeshSnapshot snapshot, EndpointTable? endpoints = null, WorkloadTable? workloads = null) =>
        snapshot.Restrict(Index, endpoints ?? Endpoints, workloads ?? WorkloadTable.Empty);
}
