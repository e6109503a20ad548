using System.Text.RegularExpressions;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>The forms of names and labels (Kubernetes, "Object Names and IDs" and "Labels and Selectors").</summary>
internal static partial class Names
{
    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
        + "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string ServiceRule =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
        + "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string KeyRule =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', "
        + "regex used for validation is '[-._a-zA-Z0-9]+')";

    private const string VariableRule =
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit "
        + "(e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

    private const string PathSegmentRule = "may not be '.' or '..' and may not contain '/' or '%'";

    /// <summary>Why the text is no DNS-1123 subdomain, or null.</summary>
    public static string? SubdomainProblem(string text) =>
        text.Length > 253 ? "must be no more than 253 characters" : Subdomain().IsMatch(text) ? null : SubdomainRule;

    /// <summary>Why the text is no DNS-1123 label, or null.</summary>
    public static string? LabelProblem(string text) =>
        text.Length > 63 ? "must be no more than 63 characters" : Label().IsMatch(text) ? null : LabelRule;

    /// <summary>Why the text is no DNS-1035 label (names of Services), or null.</summary>
    public static string? ServiceProblem(string text) =>
        text.Length > 63 ? "must be no more than 63 characters" : Service().IsMatch(text) ? null : ServiceRule;

    /// <summary>Why the text is no key of a ConfigMap or Secret, or null.</summary>
    public static string? KeyProblem(string text) =>
        text.Length > 253 ? "must be no more than 253 characters" : text is "." or ".." ? $"must not be '{text}'" : Key().IsMatch(text) ? null : KeyRule;

    /// <summary>Why the text is no name of an environment variable, or null.</summary>
    public static string? VariableProblem(string text) => Variable().IsMatch(text) ? null : VariableRule;

    /// <summary>Why the text can not be one segment of a path, or null.</summary>
    public static string? PathSegmentProblem(string text) =>
        text is "." or ".." || text.Contains('/', StringComparison.Ordinal) || text.Contains('%', StringComparison.Ordinal) ? PathSegmentRule : null;

    /// <summary>Why the text is no label or annotation key, or null.</summary>
    public static string? QualifiedNameProblem(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = text[(slash + 1)..];
        if (slash == 0)
        {
            return "prefix part must be non-empty";
        }

        if (slash > 0 && SubdomainProblem(text[..slash]) is { } prefixProblem)
        {
            return "prefix part " + prefixProblem;
        }

        return name.Length == 0 ? "name part must be non-empty"
            : name.Length > 63 ? "name part must be no more than 63 characters"
            : Qualified().IsMatch(name) ? null
            : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
              + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    }

    /// <summary>Why the text is no label value, or null.</summary>
    public static string? LabelValueProblem(string text) =>
        text.Length == 0 ? null
            : text.Length > 63 ? "must be no more than 63 characters"
            : Qualified().IsMatch(text) ? null
            : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
              + "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
              + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Service();

    [GeneratedRegex("^[-._a-zA-Z][-._a-zA-Z0-9]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex("^[-._a-zA-Z0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Key();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex Qualified();
}
