using Google.Protobuf.WellKnownTypes;

namespace Lateen.Xds.Client;

/// <summary>What a response changes.</summary>
/// <param name="TypeUrl">The type of all of its resources.</param>
/// <param name="Version">system_version_info: names the configuration that it comes from.</param>
/// <param name="Resources">New or changed ones.</param>
/// <param name="Removed">Names of those that are gone, or that do not exist though they were asked for.</param>
/// <param name="IsWhole">Nothing was known before: what is not among the resources is gone as well.</param>
public sealed record AdsUpdate(string TypeUrl, string Version, IReadOnlyList<Any> Resources, IReadOnlyList<string> Removed, bool IsWhole);
