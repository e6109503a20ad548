using Lateen.Model;
using Lateen.Model.Services;

namespace Lateen.Config.Snapshots;

/// <summary>A new snapshot, and what in it differs from the one before.</summary>
/// <param name="Scope">How much may have changed for proxies.</param>
/// <param name="Endpoints">Services whose endpoints changed, when the scope is <see cref="UpdateScope.Endpoints"/>.</param>
public sealed record MeshUpdate(MeshSnapshot Snapshot, UpdateScope Scope, IReadOnlySet<ServiceKey> Endpoints);

/// <summary>How much of what proxies are told a change can touch.</summary>
public enum UpdateScope
{
    /// <summary>Nothing that is sent (a pod that no service selects yet).</summary>
    Silent,

    /// <summary>Endpoints alone: EDS.</summary>
    Endpoints,

    /// <summary>Anything.</summary>
    Full,
}
