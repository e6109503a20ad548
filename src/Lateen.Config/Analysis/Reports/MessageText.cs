using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Config.Analysis.Reports;

/// <summary>Findings as `istioctl analyze` prints them: lines for people, JSON for programs.</summary>
public static class MessageText
{
    private const string Documentation = "https://istio.io/v1.19/docs/reference/config/analysis";
    private const string Reset = "\u001b[0m";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        IndentCharacter = '\t',
        IndentSize = 1,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>`Error [IST0101] (VirtualService default/reviews file.yaml:12) Referenced host not found: "x"`.</summary>
    public static string Line(ConfigProblem problem) => Line(problem, colour: false);

    /// <summary>The lines of all, without an end of line after the last.</summary>
    public static string Lines(IEnumerable<ConfigProblem> problems, bool colour) =>
        string.Join('\n', problems.Select(problem => Line(problem, colour)));

    /// <summary>An array indented by tabs.</summary>
    public static string Json(IEnumerable<ConfigProblem> problems)
    {
        JsonArray all = [.. problems.Select(problem => (JsonNode)new JsonObject(Fields(problem).Select(field => KeyValuePair.Create(field.Key, (JsonNode?)field.Value))))];

        // Go's encoder escapes what HTML would take for markup.
        return all.Count == 0 ? "[]" : all.ToJsonString(Indented)
            .Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal).Replace("&", "\\u0026", StringComparison.Ordinal);
    }

    /// <summary>The level's name.</summary>
    public static string Level(ProblemSeverity severity) => severity == ProblemSeverity.Notice ? "Info" : severity.ToString();

    /// <summary>The level of that name, in any case; null for none.</summary>
    public static ProblemSeverity? ParseLevel(string name) => name.ToUpperInvariant() switch
    {
        "INFO" => ProblemSeverity.Notice,
        "WARNING" => ProblemSeverity.Warning,
        "ERROR" => ProblemSeverity.Error,
        _ => null,
    };

    private static string Line(ConfigProblem problem, bool colour)
    {
        var level = Level(problem.Severity);
        if (colour)
        {
            level = problem.Severity switch
            {
                ProblemSeverity.Warning => $"\u001b[33m{level}{Reset}",
                ProblemSeverity.Error => $"\u001b[1;31m{level}{Reset}",
                _ => level + Reset,
            };
        }

        var origin = problem.Where.Resource is { } resource ? Reference(problem) is { Length: > 0 } reference ? $"({resource} {reference}) " : $"({resource}) " : "";
        return $"{level} [{problem.Code}] {origin}{problem.What}";
    }

    // Lines of JSON files say nothing: they are often one line.
    private static string Reference(ConfigProblem problem) => problem.Where switch
    {
        { File: null } => "",
        { File: var file, Line: var line } => line > 0 && !file.EndsWith(".json", StringComparison.Ordinal) ? $"{file}:{line}" : file,
    };

    private static IEnumerable<KeyValuePair<string, string>> Fields(ConfigProblem problem)
    {
        yield return new("code", problem.Code);
        yield return new("documentationUrl", $"{Documentation}/{problem.Code.ToLowerInvariant()}/?ref=istioctl-analyze");
        yield return new("level", Level(problem.Severity));
        yield return new("message", problem.What);
        if (problem.Where.Resource is { } resource)
        {
            yield return new("origin", resource.ToString());
            if (Reference(problem) is { Length: > 0 } reference)
            {
                yield return new("reference", reference);
            }
        }
    }
}
