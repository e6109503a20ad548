namespace Lateen.Xds.Server;

/// <summary>What a proxy is subscribed to for one type.</summary>
/// <param name="TypeUrl">The type.</param>
/// <param name="IsWildcard">All resources of the type; <paramref name="Names"/> may add further ones.</param>
/// <param name="Names">The names asked for.</param>
/// <param name="IsPartial">There are more names, which have not changed.</param>
/// <param name="Basis">
/// <see cref="XdsResourceSet.Basis"/> of what the proxy has for these names: a source whose basis is equal answers
/// <see cref="XdsResourceSet.IsUnchanged"/>. Null wants the resources in any case.
/// </param>
public sealed record XdsQuery(
    string TypeUrl, bool IsWildcard, IReadOnlySet<string> Names, bool IsPartial = false, object? Basis = null);
