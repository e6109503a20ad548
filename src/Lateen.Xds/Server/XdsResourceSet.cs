namespace Lateen.Xds.Server;

/// <summary>What a source answers for one type.</summary>
/// <param name="Version">version_info of the response: names the configuration that the resources were made from.</param>
/// <param name="Resources">
/// For a wildcard subscription all resources of the proxy; for named ones those of the names that exist (others may be left out).
/// </param>
/// <param name="Basis">
/// What all resources of the type were made from: as long as a source gives an equal one, they are the same, whatever their names are. Null
/// where a source can not tell.
/// </param>
/// <param name="IsUnchanged">The basis is the one of the query: nothing was made, the resources are empty.</param>
public sealed record XdsResourceSet(
    string Version, IReadOnlyList<XdsResource> Resources, object? Basis = null, bool IsUnchanged = false);
