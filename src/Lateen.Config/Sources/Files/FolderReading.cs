using System.Collections.Immutable;

namespace Lateen.Config.Sources.Files;

/// <summary>What a folder holds at one moment: its objects, and what could not be read.</summary>
public sealed record FolderReading(ImmutableArray<ConfigDocument> Documents, ImmutableArray<ConfigProblem> Problems);
