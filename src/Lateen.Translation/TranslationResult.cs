using Lateen.Model;

namespace Lateen.Translation;

/// <summary>Resources of one type for one proxy, and what could not be honoured on the way.</summary>
public sealed record TranslationResult(IReadOnlyList<NamedResource> Resources, IReadOnlyList<ModelProblem> Problems)
{
    /// <summary>Nothing.</summary>
    public static TranslationResult Empty { get; } = new([], []);
}
