using Google.Protobuf.WellKnownTypes;
using Lateen.Model;

namespace Lateen.Translation;

/// <summary>A resource under the name by which proxies ask for it.</summary>
public sealed record NamedResource(string Name, Any Resource);

/// <summary>Resources of one type for one proxy, and what could not be honoured on the way.</summary>
public sealed record TranslationResult(IReadOnlyList<NamedResource> Resources, IReadOnlyList<ModelProblem> Problems)
{
    /// <summary>Nothing.</summary>
    public static TranslationResult Empty { get; } = new([], []);
}
