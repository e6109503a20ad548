using Lateen.Config.Decoding;

namespace Lateen.Config.Sources.Files;

/// <summary>One object of a file.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version within the group.</param>
/// <param name="Resource">Kind, namespace (as written, or the default one) and name.</param>
/// <param name="File">Where it stands; null for standard input.</param>
public sealed record ConfigDocument(string Group, string Version, ResourceName Resource, ConfigNode Node, string? File);
