namespace Lateen.Config.Analysis;

/// <summary>The findings that several analyzers share, and the levels of the others.</summary>
internal static class Findings
{
    /// <summary>IST0101.</summary>
    public static ConfigProblem NotFound(ConfigLocation at, string what, string name) =>
        ConfigProblem.Error("IST0101", $"Referenced {what} not found: {GoText.Quoted(name)}", at);

    public static ConfigProblem Info(string code, string text, ConfigLocation at) => new(code, ProblemSeverity.Notice, text, at, "");
}
