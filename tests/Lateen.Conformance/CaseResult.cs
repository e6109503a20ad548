namespace Lateen.Conformance;

/// <summary>How a case ended.</summary>
public enum CaseOutcome
{
    /// <summary>What came out is what the case expects.</summary>
    Passed,

    /// <summary>Something else came out.</summary>
    Failed,

    /// <summary>The case was not run: it tests a seam that this design does not have.</summary>
    Skipped,
}

/// <summary>The outcome of a case and, unless it passed, why.</summary>
public sealed record CaseResult(CaseOutcome Outcome, string Reason)
{
    /// <summary>What came out is what the case expects.</summary>
    public static CaseResult Passed { get; } = new(CaseOutcome.Passed, "");

    /// <summary>Something else came out; the reason names the first difference, expected and actual.</summary>
    public static CaseResult Failed(string reason) => new(CaseOutcome.Failed, reason);

    /// <summary>The case was not run; the reason says which seam is missing.</summary>
    public static CaseResult Skipped(string reason) => new(CaseOutcome.Skipped, reason);
}
