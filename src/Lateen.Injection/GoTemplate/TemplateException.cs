namespace Lateen.Injection.GoTemplate;

/// <summary>A template that does not parse or does not run: which template, on which line (from 1), and why.</summary>
public sealed class TemplateException : Exception
{
    public TemplateException(string template, int line, string reason)
        : base($"template \"{template}\", line {line}: {reason}")
    {
        Template = template;
        Line = line;
        Reason = reason;
    }

    public string Template { get; }

    public int Line { get; }

    public string Reason { get; }
}
