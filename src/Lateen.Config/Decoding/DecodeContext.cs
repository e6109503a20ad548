namespace Lateen.Config.Decoding;

/// <summary>What one decoding shares: the object's identity, its file, and the problems found so far.</summary>
/// <param name="resource">The object that is read; null for a bare value.</param>
/// <param name="file">The file it stands in; null when it came from an API server.</param>
/// <param name="strict">Unknown fields are errors. Off for Kubernetes' own kinds, whose API server has checked them.</param>
public sealed class DecodeContext(ResourceName? resource, string? file = null, bool strict = true)
{
    private const int MaxProblems = 200;
    private readonly List<ConfigProblem> _problems = [];

    public ResourceName? Resource { get; } = resource;

    public bool Strict { get; } = strict;

    public IReadOnlyList<ConfigProblem> Problems => _problems;

    public bool HasErrors => _problems.Exists(problem => problem.Severity == ProblemSeverity.Error);

    internal void Add(ProblemSeverity severity, FieldPath path, int line, string what, string fix, string code)
    {
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(new ConfigProblem(code, severity, what, new ConfigLocation(Resource, path.ToString(), file, line), fix));
        }
    }
}
