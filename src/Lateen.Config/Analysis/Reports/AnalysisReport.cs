using System.Collections.Immutable;

namespace Lateen.Config.Analysis.Reports;

/// <summary>What of all findings is wanted.</summary>
public sealed record ReportOptions
{
    /// <summary>Only messages of this namespace and of objects without one; null for all.</summary>
    public string? Namespace { get; init; }

    public ImmutableArray<MessageSuppression> Suppressions { get; init; } = [];

    /// <summary>The lowest level that is shown.</summary>
    public ProblemSeverity OutputThreshold { get; init; } = ProblemSeverity.Notice;

    /// <summary>The lowest level that makes the command fail.</summary>
    public ProblemSeverity FailureThreshold { get; init; } = ProblemSeverity.Error;
}

/// <summary>The findings of one analysis in istioctl's order, and whether they make the command fail.</summary>
/// <param name="Shown">What passes the output threshold.</param>
/// <param name="HasFailed">Whether one reaches the failure threshold, shown or not.</param>
public sealed record AnalysisReport(ImmutableArray<ConfigProblem> Shown, bool HasFailed)
{
    private const string SuppressAnnotation = "galley.istio.io/analyze-suppress";

    /// <summary>Runs all analyzers.</summary>
    public static AnalysisReport Of(AnalyzedMesh mesh, ReportOptions options)
    {
        ImmutableArray<ConfigProblem> wanted =
        [
            .. Analyzers.All.SelectMany(analyzer => analyzer.Analyze(mesh))
                .Where(problem => IsOf(problem, options.Namespace))
                .Where(problem => !options.Suppressions.Any(suppression => suppression.Covers(problem)) && !IsSuppressedByObject(mesh, problem))
                .DistinctBy(MessageText.Line)
                .OrderByDescending(problem => problem.Severity)
                .ThenBy(problem => problem.Code, StringComparer.Ordinal)
                .ThenBy(problem => problem.Where.Resource is not null)
                .ThenBy(problem => problem.Where.Resource is { } at ? $"{at.Kind}/{at.Name}/{at.Namespace}" : "", StringComparer.Ordinal)
                .ThenBy(MessageText.Line, StringComparer.Ordinal),
        ];
        return new AnalysisReport(
            [.. wanted.Where(problem => problem.Severity >= options.OutputThreshold)],
            wanted.Any(problem => problem.Severity >= options.FailureThreshold));
    }

    // A Namespace object counts as its own namespace.
    private static bool IsOf(ConfigProblem problem, string? ns) =>
        ns is null
        || problem.Where.Resource is not { } resource
        || (resource.Kind == "Namespace" ? resource.Name == ns : resource.Namespace.Length == 0 || resource.Namespace == ns);

    private static bool IsSuppressedByObject(AnalyzedMesh mesh, ConfigProblem problem) =>
        problem.Where.Resource is { } at
        && mesh.Find(at.Kind, at.Namespace, at.Name)?.Node.Annotations().Find(SuppressAnnotation) is { } codes
        && codes.Split(',', StringSplitOptions.TrimEntries).Any(code => code == "*" || code == problem.Code);
}
