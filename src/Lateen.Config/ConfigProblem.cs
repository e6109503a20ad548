namespace Lateen.Config;

/// <summary>Something that is wrong, or doubtful, in configuration: what, where, and how to mend it.</summary>
/// <param name="Code">Stable code; Istio's IST number where istioctl has the same check.</param>
/// <param name="What">One sentence fragment without a full stop: `unknown field "rout"`.</param>
/// <param name="Fix">What a person does about it; empty when What says it all.</param>
public sealed record ConfigProblem(string Code, ProblemSeverity Severity, string What, ConfigLocation Where, string Fix)
{
    public static ConfigProblem Error(string code, string what, ConfigLocation where, string fix = "") =>
        new(code, ProblemSeverity.Error, what, where, fix);

    public static ConfigProblem Warning(string code, string what, ConfigLocation where, string fix = "") =>
        new(code, ProblemSeverity.Warning, what, where, fix);

    /// <summary>The problem in one line: `file:line: VirtualService ns/name: what spec.field: fix`.</summary>
    public override string ToString()
    {
        var text = $"{Where}: {What}";
        return Fix.Length == 0 ? text : $"{text}: {Fix}";
    }

    /// <summary>What and how to mend it, for readers that already know the object: `spec.http[0].rout: unknown field: did you mean route?`.</summary>
    public string Describe()
    {
        var text = Where.FieldPath.Length == 0 ? What : $"{Where.FieldPath}: {What}";
        return Fix.Length == 0 ? text : $"{text}: {Fix}";
    }
}
