using System.Collections.Frozen;

namespace Lateen.Injection.GoTemplate;

/// <summary>A parsed Go template: immutable, may be run by several threads at a time.</summary>
internal sealed class GoTemplateText
{
    private readonly FrozenDictionary<string, IReadOnlyList<Node>> _bodies;
    private readonly FunctionTable _functions;

    private GoTemplateText(string name, Dictionary<string, IReadOnlyList<Node>> bodies, FunctionTable functions)
    {
        Name = name;
        _bodies = bodies.ToFrozenDictionary(StringComparer.Ordinal);
        _functions = functions;
    }

    public string Name { get; }

    /// <exception cref="TemplateException">The text does not follow the syntax, or names an unknown function or variable.</exception>
    public static GoTemplateText Parse(string name, string text, FunctionTable functions)
    {
        var bodies = new Dictionary<string, IReadOnlyList<Node>>(StringComparer.Ordinal);
        TemplateParser.Parse(name, text, functions, bodies);
        return new GoTemplateText(name, bodies, functions);
    }

    /// <exception cref="TemplateException">The template asks for what the data does not have, or exceeds a limit.</exception>
    public string Render(object? data) => new TemplateRun(Name, _bodies, _functions, data).Execute();
}
