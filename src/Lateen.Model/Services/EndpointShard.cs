namespace Lateen.Model.Services;

/// <summary>All endpoints of one service; changes without anything else of the snapshot being built anew.</summary>
public sealed record EndpointShard(ServiceKey Service, EquatableArray<Endpoint> Endpoints)
{
    /// <summary>The SPIFFE ids of its workloads, sorted: servers are held to them.</summary>
    public EquatableArray<string> ServiceAccounts { get; } =
        Endpoints.Select(e => e.ServiceAccount).Where(a => a.Length > 0).Distinct().Order(StringComparer.Ordinal).ToEquatableArray();

    /// <inheritdoc/>
    public bool Equals(EndpointShard? other) =>
        other is not null && Service == other.Service && Endpoints == other.Endpoints;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Service, Endpoints);
}
