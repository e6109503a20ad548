using Lateen.Model;

namespace Lateen.Config.Snapshots;

/// <summary>One Istio resource as the mesh holds it.</summary>
/// <param name="Meta">The newest version's identity.</param>
/// <param name="InForce">What is served: the newest version, or the last good one while the newest is wrong; null when there never was a good one.</param>
/// <param name="Problems">What is wrong with the newest version by itself.</param>
public sealed record ResourceState(ConfigMeta Meta, IIstioConfig? InForce, EquatableArray<ConfigProblem> Problems)
{
    /// <summary>The version of the snapshot that was the first with what is in force.</summary>
    public long Since { get; init; }

    public ResourceName Name => new(Meta.Kind, Meta.Namespace, Meta.Name);

    /// <summary>Whether the newest version is kept out.</summary>
    public bool IsQuarantined => Problems.Any(problem => problem.Severity == ProblemSeverity.Error);
}
