namespace Lateen.Interception.Apply;

/// <summary>How applying or cleaning ended.</summary>
/// <param name="Failure">Null where everything is in place; else what went wrong, where, and what to do. The pod is as it was.</param>
public sealed record ApplyResult(string? Failure)
{
    /// <summary>Everything is in place.</summary>
    public static ApplyResult Done { get; } = new((string?)null);

    /// <summary>Whether everything is in place.</summary>
    public bool Succeeded => Failure is null;
}
