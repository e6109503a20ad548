using Lateen.Model;
using Lateen.Model.Services;

namespace Lateen.Config.Snapshots;

/// <summary>A new snapshot, and what in it differs from the one before.</summary>
/// <param name="Scope">How much may have changed for proxies.</param>
/// <param name="Endpoints">Services whose endpoints changed, or whose endpoints came or went with them.</param>
/// <param name="Workloads">Addresses at which a pod changed: a proxy there may be another workload now.</param>
public sealed record MeshUpdate(MeshSnapshot Snapshot, UpdateScope Scope, IReadOnlySet<ServiceKey> Endpoints, IReadOnlySet<string> Workloads);

/// <summary>How much of what proxies are told a change can touch.</summary>
public enum UpdateScope
{
    /// <summary>Nothing that is sent, but to a proxy in a pod that changed.</summary>
    Silent,

    /// <summary>Endpoints alone: EDS.</summary>
    Endpoints,

    /// <summary>Anything.</summary>
    Full,
}
