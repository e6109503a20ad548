using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lateen.Inspection.Describe;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.BugReport;

/// <summary>Which pods a bug report tells of.</summary>
/// <remarks>
/// A pattern is NAMESPACES/DEPLOYMENTS/PODS/LABELS/ANNOTATIONS/CONTAINERS, parts at the end may be missing; in a part any of the items
/// separated by commas has to fit (`*` stands for anything; labels and annotations are key=value), an empty part fits everything.
/// </remarks>
public sealed class ReportSelection
{
    private const int Parts = 6;

    /// <summary>Namespaces of Kubernetes itself, which nobody asks about.</summary>
    private static readonly HashSet<string> System = new(StringComparer.Ordinal) { "kube-node-lease", "kube-public", "kube-system", "local-path-storage" };

    private readonly string[][][] _include;
    private readonly string[][][] _exclude;

    private ReportSelection(string[][][] include, string[][][] exclude) => (_include, _exclude) = (include, exclude);

    /// <param name="include">Patterns of which one has to fit; none = everything.</param>
    /// <param name="exclude">Patterns of which none may fit.</param>
    /// <exception cref="FormatException">A pattern has too many parts, or a label or annotation is no pair.</exception>
    public static ReportSelection Parse(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
    {
        ArgumentNullException.ThrowIfNull(include);
        ArgumentNullException.ThrowIfNull(exclude);
        return new ReportSelection([.. include.Select(Read)], [.. exclude.Select(Read)]);
    }

    /// <summary>Whether a container of a pod is told of.</summary>
    /// <param name="deployment">What made the pod; empty for nothing.</param>
    public bool Holds(JsonObject pod, string deployment, string container)
    {
        ArgumentNullException.ThrowIfNull(pod);
        bool Fits(string[][] pattern) =>
            Any(pattern[0], pod.Space()) && Any(pattern[1], deployment) && Any(pattern[2], pod.Name())
            && AnyPair(pattern[3], pod.Labels()) && AnyPair(pattern[4], pod.At("metadata", "annotations").Texts()) && Any(pattern[5], container);
        return !System.Contains(pod.Space()) && (_include.Length == 0 || _include.Any(Fits)) && !_exclude.Any(Fits);
    }

    private static string[][] Read(string pattern)
    {
        string[] parts = pattern.Split('/');
        if (parts.Length > Parts)
        {
            throw new FormatException($"\"{pattern}\" has {parts.Length} parts: write NAMESPACES/DEPLOYMENTS/PODS/LABELS/ANNOTATIONS/CONTAINERS");
        }

        string[][] read = [.. parts.Concat(Enumerable.Repeat("", Parts - parts.Length)).Select(part => part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        foreach (string pair in read[3].Concat(read[4]))
        {
            if (!pair.Contains('=', StringComparison.Ordinal))
            {
                throw new FormatException($"\"{pair}\" in \"{pattern}\" is no key=value");
            }
        }

        return read;
    }

    private static bool Any(string[] patterns, string value) => patterns.Length == 0 || patterns.Any(pattern => Like(pattern, value));

    private static bool AnyPair(string[] pairs, IReadOnlyDictionary<string, string> values) =>
        pairs.Length == 0 || pairs.Select(pair => pair.Split('=', 2)).Any(pair => values.TryGetValue(pair[0], out string? value) && Like(pair[1], value));

    private static bool Like(string pattern, string value) =>
        Regex.IsMatch(value, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking);
}
