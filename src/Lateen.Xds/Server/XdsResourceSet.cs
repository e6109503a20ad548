namespace Lateen.Xds.Server;

/// <summary>What a source answers for one type.</summary>
/// <param name="Version">version_info of the response: names the configuration that the resources were made from.</param>
/// <param name="Resources">
/// For a wildcard subscription all resources of the proxy; for named ones those of the names that exist (others may be left out).
/// </param>
public sealed record XdsResourceSet(string Version, IReadOnlyList<XdsResource> Resources);
